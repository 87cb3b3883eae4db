"""Calls that a cold function's first answer waits for, signed and sent here: secrets and objects.

Loading botocore and making two of its clients takes 190 ms of a processor, more than loading the
driver of Postgres; this takes 10. Everything else goes through `config.client`.

Source: Signature Version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import random
import re
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

_TRIES = 3
_CONNECT_SECONDS, _READ_SECONDS = 2, 5
_THROTTLED = re.compile(rb"SlowDown|Throttl|RequestTimeout|RequestLimitExceeded|TooManyRequests")
_S3_ERROR = re.compile(rb"<(Code|Message)>([^<]*)</")

_idle: defaultdict[tuple[str, str], list[http.client.HTTPConnection]] = defaultdict(list)
"""Open connections that nobody uses, by scheme and host."""
# Two processes that write to one connection would read each other's answers.
os.register_at_fork(after_in_child=_idle.clear)

_CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What says that the other end closed a connection, as it does while an environment is frozen."""


class Unreachable(Exception):
    """AWS does not answer, or has no time for an answer."""


class Keys(NamedTuple):
    """Who signs."""

    id: str
    secret: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Keys(id={self.id!r})"


class Access(NamedTuple):
    """Where AWS is, and who asks; `endpoints` stand in for those of the region, by service."""

    region: str
    keys: Keys
    endpoints: Mapping[str, str] = {}
    roots: str | None = None
    """The file of the certificates that are trusted; those of botocore where there is none."""


class Call(NamedTuple):
    """One request; `name` is the operation as errors name it."""

    name: str
    service: str
    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    most: int | None = None
    """Bytes of the answer that are read."""


class Answer(NamedTuple):
    """What AWS said."""

    status: int
    body: bytes

    @property
    def says_busy(self) -> bool:
        """Whether the same call may be answered a little later."""
        return self.status in (429, 500, 502, 503, 504) or (
            self.status == 400 and bool(_THROTTLED.search(self.body))
        )


def secret(access: Access, id: str, stage: str = "AWSCURRENT") -> str:
    """A secret's text. Raises `Unreachable`, and botocore's ClientError where it is refused."""
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "secretsmanager.GetSecretValue",
    }
    body = json.dumps({"SecretId": id, "VersionStage": stage}).encode()
    url = f"{_endpoint(access, 'secretsmanager')}/"
    call = Call("GetSecretValue", "secretsmanager", "POST", url, headers, body)
    text: str = json.loads(send(access, call))["SecretString"]
    return text


def get_object(access: Access, bucket: str, key: str, most: int | None = None) -> bytes:
    """An object's content, or its first `most` bytes. Raises as `secret` does."""
    return send(access, Call("GetObject", "s3", "GET", _place(access, bucket, key), most=most))


def put_object(
    access: Access, bucket: str, key: str, content: bytes, headers: Mapping[str, str]
) -> None:
    """Store an object. Raises as `secret` does."""
    send(access, Call("PutObject", "s3", "PUT", _place(access, bucket, key), headers, content))


def send(access: Access, call: Call) -> bytes:
    """The body of the answer. Tried three times where AWS does not answer or is busy, and then
    `Unreachable`. Raises botocore's ClientError where AWS refuses."""
    last: Exception | None = None
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(random.random() * 2 ** (attempt - 1))  # noqa: S311 — no secret
        try:
            answer = _sent(access, call)
        except (OSError, http.client.HTTPException) as error:
            last = error
            continue
        if answer.status < 300:
            return answer.body
        last = _refusal(call, answer)
        if not answer.says_busy:
            raise last
    raise Unreachable(f"{call.service} does not answer, or is busy") from last


def _sent(access: Access, call: Call) -> Answer:
    headers = signed(access, call, datetime.now(UTC))
    scheme, host, target, _, _ = urlsplit(call.url)
    kept = _idle[scheme, host]
    try:
        while kept:
            with suppress(*_CLOSED, IndexError):
                return _exchanged(kept.pop(), call, target, headers)
        return _exchanged(_connected(access, scheme, host), call, target, headers)
    except OSError:
        # Others that were kept as long lead nowhere either; the next try makes its own.
        kept.clear()
        raise


def _exchanged(
    connection: http.client.HTTPConnection, call: Call, target: str, headers: dict[str, str]
) -> Answer:
    """One request and its answer; the connection is kept where all of that was read."""
    try:
        connection.request(call.method, target, call.body or None, headers)
        answer = connection.getresponse()
        most = call.most if answer.status < 300 else None
        body = answer.read(most)
        if answer.length and (most is None or len(body) < most):
            raise http.client.IncompleteRead(body, answer.length)
    except (OSError, http.client.HTTPException):
        connection.close()
        raise
    if answer.isclosed() and connection.sock is not None:
        where = urlsplit(call.url)
        _idle[where.scheme, where.netloc].append(connection)
    else:
        connection.close()
    return Answer(answer.status, body)


def _connected(access: Access, scheme: str, host: str) -> http.client.HTTPConnection:
    if scheme == "https":
        made: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, timeout=_CONNECT_SECONDS, context=_trusted(access.roots)
        )
    else:
        made = http.client.HTTPConnection(host, timeout=_CONNECT_SECONDS)
    made.connect()
    made.sock.settimeout(_READ_SECONDS)
    return made


@cache
def _trusted(roots: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=roots or _bundled())


def _bundled() -> str | None:
    """The file that botocore trusts, found without loading it; None, for the system's, where there
    is none."""
    for package in ("certifi", "botocore"):
        found = find_spec(package)
        if (
            found
            and found.origin
            and (file := Path(found.origin).with_name("cacert.pem")).is_file()
        ):
            return str(file)
    return None


def signed(access: Access, call: Call, at: datetime) -> dict[str, str]:
    """The headers of a call with its signature."""
    keys = access.keys
    where, stamp = urlsplit(call.url), at.strftime("%Y%m%dT%H%M%SZ")
    digest = sha256(call.body).hexdigest()
    headers = {
        **call.headers,
        "host": where.netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": stamp,
    }
    if keys.token:
        headers["x-amz-security-token"] = keys.token
    names = sorted(headers)
    listed = ";".join(names)
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    canonical = "\n".join([call.method, where.path, where.query, *lines, "", listed, digest])
    scope = f"{stamp[:8]}/{access.region}/{call.service}/aws4_request"
    hashed = sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashed])
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.id}/{scope}, SignedHeaders={listed},"
        f" Signature={signature}"
    )
    return headers


def _place(access: Access, bucket: str, key: str) -> str:
    """The address of an object: below its bucket's own host, and of a stand-in's in its path."""
    named = quote(key, safe="/~")
    if "s3" in access.endpoints:
        return f"{access.endpoints['s3']}/{bucket}/{named}"
    return f"https://{bucket}.{_host(access, 's3')}/{named}"


def _endpoint(access: Access, service: str) -> str:
    return access.endpoints.get(service) or f"https://{_host(access, service)}"


def _host(access: Access, service: str) -> str:
    suffix = "amazonaws.com.cn" if access.region.startswith("cn-") else "amazonaws.com"
    return f"{service}.{access.region}.{suffix}"


def _refusal(call: Call, answer: Answer) -> Exception:
    """As botocore says it, which callers know."""
    from botocore.exceptions import ClientError

    if call.service == "s3":
        said = {name.decode(): text.decode() for name, text in _S3_ERROR.findall(answer.body)}
    else:
        try:
            told = json.loads(answer.body)
            said = {"Code": str(told["__type"]).rpartition("#")[2]}
            said["Message"] = str(told.get("message") or told.get("Message") or "")
        except (ValueError, KeyError, TypeError, AttributeError):
            said = {}
    error: Any = {
        "Error": {"Code": str(answer.status), "Message": "", **said},
        "ResponseMetadata": {"HTTPStatusCode": answer.status},
    }
    refusal: Exception = ClientError(error, call.name)
    return refusal
