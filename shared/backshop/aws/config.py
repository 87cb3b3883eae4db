"""The only reader of the environment and of secrets; and the maker of AWS clients.

Everything is read when it is first asked for and kept, so that importing costs nothing and a
function needs only the variables that it uses.
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from backshop import logs
from backshop.aws import signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session

SECRET_SECONDS = 300
"""How long a secret is trusted before it is read again, so that a rotation reaches warm
functions."""

_secrets: dict[str, tuple[float, str]] = {}
_former: dict[str, tuple[float, str | None]] = {}


Unreachable = signed.Unreachable


class Missing(LookupError):
    """A variable that the template should have set is not there."""


def value(name: str, default: str | None = None) -> str:
    """An environment variable; an empty one counts as missing. Raises `Missing`."""
    text = os.environ.get(name) or default
    if text is None:
        raise Missing(f"set {name} in the function's Environment in template.yaml")
    return text


def allows_local_shops() -> bool:
    """Whether shops may be on this machine and in its network: LOCAL_SHOPS=yes, which the stack on
    a laptop and the tests set, or a container of `sam local`. In AWS, whose functions have a name
    and no AWS of this machine, it counts for nothing."""
    if os.environ.get("AWS_SAM_LOCAL") == "true":
        return True
    is_function = bool(os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))
    aws_is_here = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or "").hostname == "127.0.0.1"
    return value("LOCAL_SHOPS", "no") == "yes" and (aws_is_here or not is_function)


def shows_errors() -> bool:
    """Whether errors are logged with their text, which may name people: LOCAL_ERRORS=yes, which the
    stack on a laptop sets. Where AWS is not on this machine it counts for nothing."""
    aws_is_here = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or "").hostname == "127.0.0.1"
    return value("LOCAL_ERRORS", "no") == "yes" and aws_is_here


logs.show_text(shows_errors)


def secret(name: str) -> str:
    """The secret whose Secrets Manager id stands in the environment variable `name`.

    Kept for five minutes; when Secrets Manager does not answer then, the kept one is used for five
    more: each call would wait for all tries otherwise. Raises `Unreachable` where there is none.
    """
    kept = _secrets.get(name)
    if kept and monotonic() - kept[0] < SECRET_SECONDS:
        return kept[1]
    try:
        text = signed.secret(access(), value(name))
    except Unreachable:
        if not kept:
            raise
        text = kept[1]
    _secrets[name] = (monotonic(), text)
    return text


def former_secret(name: str) -> str | None:
    """What `secret(name)` was before it was last replaced; None where it never was. Kept as long,
    and used on where Secrets Manager does not answer."""
    kept = _former.get(name)
    if kept and monotonic() - kept[0] < SECRET_SECONDS:
        return kept[1]
    try:
        text = _former_text(value(name))
    except Unreachable:
        if not kept:
            raise
        text = kept[1]
    _former[name] = (monotonic(), text)
    return text


def _former_text(id: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        return signed.secret(access(), id, "AWSPREVIOUS")
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None


def is_older(name: str, seconds: float) -> bool:
    """Whether the kept secret was read longer ago than so many seconds."""
    kept = _secrets.get(name)
    return kept is not None and monotonic() - kept[0] >= seconds


def database_url(role: str) -> str:
    """DATABASE_URL with the login of `role` in it.

    The login's secret is `{"username": …, "password": …}`, the form that RDS keeps too, and its
    id stands in DATABASE_<ROLE>_SECRET. The reader is the function's own at DATABASE_READ_URL.
    """
    login = json.loads(secret(_login(role)))
    where = urlsplit(value("DATABASE_READ_URL" if role == "reader" else "DATABASE_URL"))
    user = f"{quote(login['username'], safe='')}:{quote(login['password'], safe='')}"
    return urlunsplit(where._replace(netloc=f"{user}@{where.netloc}"))


def forget_login(role: str) -> None:
    """Read the login of a role anew next time: it was just refused."""
    forget_secret(_login(role))


def login() -> str:
    """The login that this function has for its work, as the template names it."""
    return value("DATABASE_LOGIN", "service")


def _login(role: str) -> str:
    return f"DATABASE_{(login() if role == 'reader' else role).upper()}_SECRET"


def forget_secret(name: str) -> None:
    """Read the secret anew next time: its holder was just refused."""
    _secrets.pop(name, None)
    _former.pop(name, None)


def doubt_secret(name: str) -> None:
    """Read the secret anew next time, and use the kept one on where Secrets Manager does not answer
    then: who doubts it may be anybody."""
    if kept := _secrets.get(name):
        _secrets[name] = (-SECRET_SECONDS, kept[1])
    if former := _former.get(name):
        _former[name] = (-SECRET_SECONDS, former[1])


_ENDPOINTS = {"s3": "AWS_ENDPOINT_URL_S3", "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER"}


def access() -> signed.Access:
    """Where AWS is and who asks it, by the variables of Lambda or by what else botocore finds; read
    each time, for a session's token may be another one. Raises `Unreachable` where there is
    neither."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    region = region or _found(lambda session: session.get_config_variable("region"))
    every = os.environ.get("AWS_ENDPOINT_URL")
    named = {service: os.environ.get(name) or every for service, name in _ENDPOINTS.items()}
    endpoints = {service: url.rstrip("/") for service, url in named.items() if url}
    return signed.Access(region, _keys(), endpoints, os.environ.get("AWS_CA_BUNDLE") or None)


def _keys() -> signed.Keys:
    id, secret = (os.environ.get(f"AWS_{name}") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
    if id and secret:
        return signed.Keys(id, secret, os.environ.get("AWS_SESSION_TOKEN"))
    found = _found(lambda session: session.get_credentials())
    return signed.Keys(*_found(lambda _session: found.get_frozen_credentials())[:3])


def _found(find: Callable[[Session], Any]) -> Any:
    from botocore.exceptions import BotoCoreError

    try:
        found = find(_session())
    except BotoCoreError as lost:
        raise Unreachable("the login of AWS cannot be had") from lost
    if found is None:
        raise Unreachable("set AWS_REGION and the keys of AWS, or AWS_PROFILE")
    return found


@cache
def _session() -> Session:
    from botocore.session import get_session

    logging.getLogger("botocore").setLevel(logging.WARNING)
    return get_session()


@cache
def client(service: str) -> Any:
    """A low-level AWS client, made once an execution environment; botocore alone loads faster.

    Answers within 5 s or raises after three tries, so that no route waits out its gateway.
    """
    from botocore.config import Config

    limits = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard"})
    if service == "bedrock-runtime":
        # A model thinks longer; who asks it has another way, and no time for a second try.
        limits = limits.merge(Config(read_timeout=10, retries={"total_max_attempts": 1}))
    if service == "s3":
        # In its older regions botocore presigns in a way that S3 refuses for objects under a KMS
        # key, and names a host that redirects while a bucket is new.
        signing = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
        limits = limits.merge(signing)
    if service == "lambda":
        # Who waits for a function waits as long as the gateway does, and asks it once.
        limits = limits.merge(Config(read_timeout=28, retries={"total_max_attempts": 1}))
    return _session().create_client(service, config=limits)


def reset() -> None:
    """Forget the secrets that were read; tests call it between environments."""
    _secrets.clear()
    _former.clear()
