"""What can be wrong with a request, said once; only http.py knows how it looks on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict):
    """One field of a body: its path (`lines.0.quantity`) and what is wrong with it."""

    field: str
    message: str


class Problem(Exception):
    """A request that cannot be done. `detail` is one plain sentence that says what to do next.

    `slug` makes the stable `type` of the answer (RFC 9457); clients may branch on it, so a slug
    keeps its meaning for good. Nothing personal or secret belongs in any of the texts.
    """

    status: ClassVar[int] = 500
    slug: str = "problem"

    def __init__(
        self,
        detail: str,
        *,
        slug: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.slug = slug or type(self).slug
        self.errors = list(errors)
        self.retry_after = retry_after
        """Seconds, for the Retry-After header."""
        self.members = dict(members or {})
        """What the answer holds beside, such as the state that a change did not expect."""


class BadRequest(Problem):
    status = 400
    slug = "bad-request"


class Unauthorized(Problem):
    status = 401
    slug = "unauthorized"


class Forbidden(Problem):
    status = 403
    slug = "forbidden"


class NotFound(Problem):
    status = 404
    slug = "not-found"


class MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"


class Conflict(Problem):
    status = 409
    slug = "conflict"


class Gone(Problem):
    status = 410
    slug = "gone"


class PreconditionFailed(Problem):
    status = 412
    slug = "changed-meanwhile"


class TooLarge(Problem):
    status = 413
    slug = "too-large"


class Unprocessable(Problem):
    status = 422
    slug = "invalid"


class TooManyRequests(Problem):
    status = 429
    slug = "too-many-requests"


class Unavailable(Problem):
    status = 503
    slug = "unavailable"
