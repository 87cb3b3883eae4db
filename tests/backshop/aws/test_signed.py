"""Signatures are botocore's own, and answers are taken as botocore takes them."""

from __future__ import annotations

import http.client
import http.server
import io
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from backshop.aws import config, objects, signed
from backshop.web import keys
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, CredentialRetrievalError
from botocore.httpsession import get_cert_path

from tests.certificates import certificate

AT = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
KEYS = signed.Keys("AKIDEXAMPLE", "an example of a secret")
ACCESS = signed.Access("eu-west-1", KEYS, {"s3": "https://a.example.com"})
SEALED = {"content-type": "image/jpeg", "x-amz-server-side-encryption": "aws:kms"}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret)
    for name in ("AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    signed._idle.clear()


@pytest.mark.parametrize("token", [None, "a token of a session"])
@pytest.mark.parametrize(
    "call",
    [
        signed.Call("GetObject", "s3", "GET", signed._place(ACCESS, "a", "a b+ä~/1.x")),
        signed.Call("PutObject", "s3", "PUT", "https://a.example.com/k", SEALED, b"content"),
        signed.Call("GetSecretValue", "secretsmanager", "POST", "https://b.example.com/",
                    {"x-amz-target": "secretsmanager.GetSecretValue"}, b"{}"),
        signed.Call("PutObject", "s3", "PUT", "https://a.example.com/k",
                    {"content-type": " text/plain;   charset=utf-8 "}, b"content"),
    ],
    ids=["GetObject", "PutObject", "GetSecretValue", "spaces"],
)  # fmt: skip
def test_a_signature_is_the_one_of_botocore(
    monkeypatch: pytest.MonkeyPatch, call: signed.Call, token: str | None
) -> None:
    ours = signed.signed(ACCESS._replace(keys=KEYS._replace(token=token)), call, AT)
    theirs = AWSRequest(call.method, call.url, dict(call.headers), call.body)
    theirs.context["payload_signing_enabled"] = True
    for name in ("x-amz-content-sha256",):
        theirs.headers[name] = ours[name]
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: AT.replace(tzinfo=None))
    kind = S3SigV4Auth if call.service == "s3" else SigV4Auth
    kind(Credentials(KEYS.id, KEYS.secret, token), call.service, "eu-west-1").add_auth(theirs)
    assert ours["authorization"] == theirs.headers["Authorization"]


def test_addresses_are_those_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    def place(key: str) -> str:
        return signed._place(config.access(), "box", key)

    assert place("a/b") == "https://box.s3.eu-west-1.amazonaws.com/a/b"
    own = signed._endpoint(config.access(), "secretsmanager")
    assert own == "https://secretsmanager.eu-west-1.amazonaws.com"
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    assert place("a") == "https://box.s3.cn-north-1.amazonaws.com.cn/a"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")
    assert place("a") == "http://127.0.0.1:1/box/a"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    assert place("a") == "http://127.0.0.1:2/box/a"
    assert signed._endpoint(config.access(), "secretsmanager") == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "key",
    [
        "a b+ä~/1.x",
        "/a",
        "a//b",
        "../a",
        "a/./b/..",
        "a?x=1",
        "a#b",
        "a%2Fb%",
        "a\nb",
        "*'()!=&;,@:$",
    ],
)
def test_an_object_is_asked_for_where_botocore_asks_for_it(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config.client.cache_clear()
    config._session.cache_clear()
    s3 = config.client("s3")
    asked: list[str] = []

    def note(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        return AWSResponse(request.url, 200, {}, io.BytesIO())

    s3.meta.events.register("before-send.s3.GetObject", note)
    s3.get_object(Bucket="box", Key=key)
    config.client.cache_clear()
    config._session.cache_clear()
    assert asked == [signed._place(config.access(), "box", key)]


def test_the_roots_are_those_of_botocore() -> None:
    bundled = signed._bundled()
    assert bundled is not None
    assert bundled == get_cert_path(verify=True)
    assert signed._trusted(None).cert_store_stats()["x509_ca"] > 50


class Aws:
    """Says what it was told to say, answer by answer, and keeps what it was asked."""

    def __init__(self) -> None:
        self.says: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, Any]] = []
        self.closes = self.hangs = False
        self.server: Any = None
        self.cut = 0


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    told = Aws()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            told.asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
            if told.hangs:
                self.close_connection = True
                over.wait(5)
                return
            status, content = told.says.pop(0)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - told.cut])
            self.close_connection = told.closes or bool(told.cut)
            told.cut = 0

        do_PUT = do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    over = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.server = server
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("backshop.aws.signed.time.sleep", lambda _seconds: None)
    yield told
    over.set()
    signed._idle.clear()
    server.shutdown()
    thread.join()
    server.server_close()


BUSY = (503, b"<Error><Code>SlowDown</Code><Message>Less.</Message></Error>")
NO_KEY = (404, b"<Error><Code>NoSuchKey</Code><Message>It is not there.</Message></Error>")


def test_an_object_is_stored_under_its_key_and_read(aws: Aws) -> None:
    aws.says = [(200, b""), (200, b"content"), (200, b"content")]
    objects.put("box", "a b/ä", b"content", "image/jpeg", kms_key="the key")
    assert objects.get("box", "a b/ä") == b"content"
    assert objects.get("box", "a b/ä", 3) == b"con"
    assert {each["path"] for each in aws.asked} == {"/box/a%20b/%C3%A4"}
    assert aws.asked[0]["body"] == b"content"
    headers = aws.asked[0]["headers"]
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "the key"


def test_the_token_of_the_moment_is_sent(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.says = [(200, b""), (200, b"")]
    for token in ("first", "second"):
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
        objects.get("box", "a")
    assert [each["headers"]["x-amz-security-token"] for each in aws.asked] == ["first", "second"]


@pytest.mark.parametrize(
    "first",
    [BUSY, (500, b""), (429, b""), (400, b'{"__type": "ThrottlingException"}')],
)
def test_who_is_busy_is_asked_again(aws: Aws, first: tuple[int, bytes]) -> None:
    aws.says = [first, first, (200, b"content")]
    assert objects.get("box", "a") == b"content"


def test_who_stays_busy_is_asked_three_times(aws: Aws) -> None:
    aws.says = [BUSY] * 3
    with pytest.raises(signed.Unreachable, match="busy"):
        objects.get("box", "a")
    assert len(aws.asked) == 3


def test_what_is_refused_is_said_as_botocore_says_it(aws: Aws) -> None:
    aws.says = [NO_KEY, (400, b'{"__type": "a#ResourceNotFoundException", "Message": "No."}')]
    with pytest.raises(ClientError) as missing:
        objects.get("box", "a")
    assert missing.value.response["Error"] == {"Code": "NoSuchKey", "Message": "It is not there."}
    with pytest.raises(ClientError) as unknown:
        signed.secret(config.access(), "id")
    assert unknown.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "No.",
    }
    assert len(aws.asked) == 2


def test_a_connection_that_was_closed_meanwhile_is_made_anew(aws: Aws) -> None:
    aws.closes, aws.says = True, [(200, b"one"), (200, b"two")]
    assert objects.get("box", "a") == b"one"
    assert objects.get("box", "a") == b"two"


@pytest.mark.parametrize("most", [None, 100])
def test_an_answer_that_breaks_off_is_asked_for_again(aws: Aws, most: int | None) -> None:
    aws.cut, aws.says = 3, [(200, b"content"), (200, b"content")]
    assert objects.get("box", "a", most) == b"content"


def test_kept_connections_that_lead_nowhere_take_no_try_from_a_fresh_one(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.says = [(200, b"content")]
    where = urlsplit(config.access().endpoints["s3"])
    with socket.create_server(("127.0.0.1", 0), backlog=10) as silent:
        for _ in range(4):
            kept = http.client.HTTPConnection("127.0.0.1", silent.getsockname()[1], timeout=0.05)
            kept.connect()
            signed._idle[where.scheme, where.netloc].append(kept)
        assert objects.get("box", "a") == b"content"


def test_a_forked_process_has_no_connections_of_its_parent(aws: Aws) -> None:
    aws.says = [(200, b"content")]
    objects.get("box", "a")
    assert any(signed._idle.values())
    child = os.fork()
    if child == 0:
        os._exit(int(any(signed._idle.values())))
    assert os.waitpid(child, 0)[1] == 0


def test_keys_show_no_secret() -> None:
    shown = repr(ACCESS._replace(keys=KEYS._replace(token="a token")))
    assert KEYS.id in shown
    assert KEYS.secret not in shown
    assert "a token" not in shown


def test_where_botocore_finds_no_keys_aws_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setattr(config, "_session", _Session)
    with pytest.raises(config.Unreachable):
        config.access()


class _Session:
    def get_credentials(self) -> None:
        raise CredentialRetrievalError(provider="sso", error_msg="it expired")


def test_the_region_of_a_profile_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile shop]\nregion = eu-north-1\n")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "shop")
    config._session.cache_clear()
    try:
        assert config.access().region == "eu-north-1"
    finally:
        config._session.cache_clear()


def test_who_does_not_answer_is_unreachable(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed, "_READ_SECONDS", 0.05)
    aws.hangs = True
    with pytest.raises(signed.Unreachable):
        objects.get("box", "a")
    assert len(aws.asked) == 3


def test_a_kept_secret_is_used_on_where_nobody_answers(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "its id")
    aws.says = [(200, json.dumps({"SecretString": "the text"}).encode())]
    config.reset()
    assert config.secret("A_SECRET") == "the text"
    assert json.loads(aws.asked[0]["body"])["SecretId"] == "its id"
    monkeypatch.setattr(signed, "_READ_SECONDS", 0.05)
    monkeypatch.setattr(config, "SECRET_SECONDS", 0)
    aws.hangs = True
    assert config.secret("A_SECRET") == "the text"
    config.reset()
    with pytest.raises(config.Unreachable):
        config.secret("A_SECRET")


def test_a_kept_secret_is_used_on_where_aws_is_busy_and_it_is_left_alone_for_a_while(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "its id")
    throttled = (400, b'{"__type": "ThrottlingException"}')
    aws.says = [(200, b'{"SecretString": "the text"}'), *[throttled] * 3]
    config.reset()
    now = 1000.0
    monkeypatch.setattr(config, "monotonic", lambda: now)
    assert config.secret("A_SECRET") == "the text"
    now += config.SECRET_SECONDS
    assert config.secret("A_SECRET") == "the text"
    assert config.secret("A_SECRET") == "the text"
    assert len(aws.asked) == 4


def test_a_former_secret_is_kept_and_used_on_alike(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "its id")
    never = (400, b'{"__type": "ResourceNotFoundException"}')
    aws.says = [never, (200, b'{"SecretString": "the former"}'), *[BUSY] * 3, *[BUSY] * 3]
    config.reset()
    now = 1000.0
    monkeypatch.setattr(config, "monotonic", lambda: now)
    assert config.former_secret("A_SECRET") is None
    assert json.loads(aws.asked[0]["body"]) == {"SecretId": "its id", "VersionStage": "AWSPREVIOUS"}
    for _ in range(3):
        now += config.SECRET_SECONDS
        assert config.former_secret("A_SECRET") == "the former"
    config.reset()
    aws.says = [BUSY] * 3
    with pytest.raises(config.Unreachable):
        config.former_secret("A_SECRET")


def test_a_key_that_is_none_ends_no_other_where_secrets_manager_does_not_answer(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_SECRET", "its id")
    aws.says = [(200, b'{"SecretString": "the text"}'), *[BUSY] * 3]
    config.reset()
    now = 1000.0
    monkeypatch.setattr(config, "monotonic", lambda: now)
    good, _ = keys.make("staff", UUID(int=1))
    assert keys.read(good) is not None
    now += keys.AGAIN_SECONDS
    assert keys.read(good[:-1] + ("A" if good[-1] != "A" else "B")) is None
    assert keys.read(good) is not None


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of localhost, and a file of it with its key."""
    return certificate(tmp_path, names=["localhost"])


@pytest.fixture
def over_tls(aws: Aws, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Who answers at https://localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    aws.server.socket = context.wrap_socket(aws.server.socket, server_side=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{aws.server.server_port}")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    return aws


def test_who_has_no_certificate_that_is_trusted_is_told_nothing(over_tls: Aws) -> None:
    with pytest.raises(signed.Unreachable):
        objects.get("box", "a")
    assert over_tls.asked == []


def test_who_has_the_certificate_of_another_name_is_told_nothing(
    over_tls: Aws, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority[0]))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{over_tls.server.server_port}")
    with pytest.raises(signed.Unreachable):
        objects.get("box", "a")
    assert over_tls.asked == []


@pytest.mark.parametrize("closes", [False, True])
def test_a_certificate_that_was_named_is_trusted(
    over_tls: Aws, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    """Also where the kept connection was closed meanwhile, which costs no try."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority[0]))
    monkeypatch.setattr(signed, "_TRIES", 1)
    over_tls.closes, over_tls.says = closes, [(200, b"one"), (200, b"two")]
    assert objects.get("box", "a") == b"one"
    assert objects.get("box", "a") == b"two"
