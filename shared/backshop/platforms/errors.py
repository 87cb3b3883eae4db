"""What can go wrong between us and a platform: one tree, whose names say whether it may pass.

    PlatformError
    ├── Transient              may work later; nobody has to do anything
    │   ├── TransientFailure   one attempt: `api.with_retries` makes another
    │   └── TransientOutage    all attempts: the caller comes back in another invocation
    │       ├── Unconfirmed    a write whose end nobody told: it may still be done
    │       └── Unanswered     … and the shop did not ask us to wait: maybe it is the question
    ├── Permanent              will be answered the same until somebody changes something
    │   ├── PermanentRefusal   we are refused: credentials, permissions, an address
    │   └── PermanentDecline   the record rules it out: an order that is on its way, no money left
    └── PayloadError           an answer or a delivery is not of the form that is documented

Texts never hold credentials or a record's contents. `Ignored` is no error: a delivery may say
nothing that is to be saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backshop.platforms.api import HttpAnswer


class PlatformError(Exception):
    """Anything of this tree."""


class Transient(PlatformError):
    """`after`: seconds that the platform asked to wait, where it did."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class TransientFailure(Transient):
    """One attempt failed. `answer` is what came all the same: WooCommerce refuses refunds with
    HTTP 500. `is_slow`: it took all the time that a request may. `is_too_large`: its answer did
    not fit, and never will."""

    def __init__(
        self,
        reason: str,
        after: float | None = None,
        answer: HttpAnswer | None = None,
        *,
        is_slow: bool = False,
        is_too_large: bool = False,
    ) -> None:
        super().__init__(reason, after)
        self.answer = answer
        self.is_slow = is_slow
        self.is_too_large = is_too_large


class TransientOutage(Transient):
    """The platform is away, or throttles for longer than we can wait here. `is_slow`: requests
    took all the time that they may."""

    def __init__(self, reason: str, after: float | None = None, *, is_slow: bool = False) -> None:
        super().__init__(reason, after)
        self.is_slow = is_slow


class Unconfirmed(TransientOutage):
    """A write was sent and nobody told its end: the platform may have done it, or do it minutes
    later."""


class Unanswered(TransientOutage):
    """All tries were used up though there was time for more: it may be the question. A page can be
    asked for in halves."""


class Permanent(PlatformError):
    """`answer`: what is kept of the platform's no, ready for JSON."""

    def __init__(self, reason: str, answer: dict[str, Any]) -> None:
        super().__init__(reason)
        self.answer = answer


class PermanentRefusal(Permanent):
    """The platform refuses us. `status` is HTTP's, and `code` the platform's own word, where there
    is one."""

    def __init__(self, reason: str, status: int = 0, code: str = "") -> None:
        super().__init__(reason, {"error": reason, "status": status, "code": code})
        self.status = status
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.status, self.code)


class PermanentDecline(Permanent):
    """The platform, or the state of the record there, rules it out for good."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("declined", answer)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.answer,)


class PayloadError(PlatformError, ValueError):
    """A body that is not what the platform's documentation promises.

    `path` (`line_items.0.quantity`) and `problem` name what is wrong and never hold a value of the
    body, because bodies are full of personal data.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path or 'the body'}: {problem}")
        self.path = path
        self.problem = problem

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.problem)


def was_slow(error: BaseException | None) -> bool:
    """Whether requests that took all their time are behind this error."""
    while error is not None:
        if getattr(error, "is_slow", False):
            return True
        error = error.__cause__
    return False


class Ignored(Exception):
    """A delivery that says nothing that is to be saved; the text says why, for the log."""
