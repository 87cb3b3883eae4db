"""The providers' documented shapes, against a server on this machine; SNS against moto."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from backshop import senders
from backshop.aws import config
from backshop.senders import ses, web
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

phone = "94770000012"


@dataclass
class Provider:
    url: str = ""
    status: int = 200
    body: bytes = b'{"status": "success", "data": "Sent"}'
    pause: float = 0
    requests: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    said = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            said.requests.append(
                {"path": self.path, "headers": dict(self.headers), "content": content}
            )
            if said.pause:
                sleep(said.pause)
                return
            self.send_response(said.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for name in ("NOTIFY_LK", "TEXT_LK"):
        monkeypatch.setenv(f"{name}_URL", said.url)
        monkeypatch.setenv(f"{name}_SECRET", name)
    yield said
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    config.reset()
    with mock_aws():
        vault = boto3.client("secretsmanager")
        vault.create_secret(
            Name="NOTIFY_LK",
            SecretString=json.dumps({"user_id": "12", "api_key": "k3y", "sender_id": "Kits"}),
        )
        vault.create_secret(
            Name="TEXT_LK", SecretString=json.dumps({"api_token": "t0ken", "sender_id": "Kits"})
        )
        yield
    config.reset()


def use(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SMS_SENDER", name)


def test_notify_lk_takes_its_documented_form(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "notify_lk")
    assert senders.send_sms(phone, "Hello & good day") == "Sent"
    [request] = provider.requests
    assert request["path"] == "/send"
    assert parse_qs(request["content"].decode()) == {
        "user_id": ["12"],
        "api_key": ["k3y"],
        "sender_id": ["Kits"],
        "to": [phone],
        "message": ["Hello & good day"],
    }


def test_notify_lk_is_told_of_letters_outside_ascii(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "notify_lk")
    senders.send_sms(phone, "ආයුබෝවන්")
    form = parse_qs(provider.requests[0]["content"].decode())
    assert form["type"] == ["unicode"]
    assert form["message"] == ["ආයුබෝවන්"]


def test_notify_lk_is_not_asked_for_what_it_would_cut(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "notify_lk")
    with pytest.raises(senders.MessageNotSent) as refused:
        senders.send_sms(phone, "x" * 622)
    assert refused.value.lasting
    assert provider.requests == []


def test_text_lk_takes_its_documented_json(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "text_lk")
    provider.body = b'{"status": "success", "data": {"uid": "65f0", "status": "Delivered"}}'
    assert senders.send_sms(phone, "Hello") == "65f0"
    [request] = provider.requests
    assert request["path"] == "/sms/send"
    assert request["headers"]["Authorization"] == "Bearer t0ken"
    assert json.loads(request["content"]) == {
        "recipient": phone,
        "sender_id": "Kits",
        "type": "plain",
        "message": "Hello",
    }


@pytest.mark.parametrize("name", ["notify_lk", "text_lk"])
@pytest.mark.parametrize(
    ("status", "body", "lasting"),
    [
        (200, b'{"status": "error", "message": "no such recipient"}', True),
        (422, b'{"status": "error", "message": "no such recipient"}', True),
        (401, b"", False),
        (429, b"{}", False),
    ],
)
def test_a_refusal_sends_nothing(
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    status: int,
    body: bytes,
    lasting: bool,
) -> None:
    use(monkeypatch, name)
    provider.status, provider.body = status, body
    with pytest.raises(senders.MessageNotSent) as refused:
        senders.send_sms(phone, "Hello")
    assert refused.value.lasting is lasting
    assert phone not in str(refused.value)


@pytest.mark.parametrize("name", ["notify_lk", "text_lk"])
@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (502, b"<html>"), (200, b"<html>")])
def test_what_is_no_answer_is_doubtful(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, name: str, status: int, body: bytes
) -> None:
    use(monkeypatch, name)
    provider.status, provider.body = status, body
    with pytest.raises(senders.Doubtful):
        senders.send_sms(phone, "Hello")


def test_an_answer_that_does_not_come_is_doubtful(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "text_lk")
    monkeypatch.setattr(web, "SECONDS", 0.1)
    provider.pause = 0.5
    with pytest.raises(senders.Doubtful):
        senders.send_sms(phone, "Hello")


def test_a_provider_that_is_not_there_has_sent_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, "text_lk")
    monkeypatch.setenv("TEXT_LK_URL", "http://127.0.0.1:9")
    with pytest.raises(senders.MessageNotSent) as away:
        senders.send_sms(phone, "Hello")
    assert not away.value.lasting


def test_sns_sends_transactional_text_under_the_sender_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, "sns")
    monkeypatch.setenv("SMS_SENDER_ID", "SigKits")
    reference = senders.send_sms(phone, "Hello")
    sent = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages
    assert sent[reference] == (f"+{phone}", "Hello")


@pytest.mark.parametrize(
    ("code", "lasting"), [("InvalidParameter", True), ("OptedOut", True), ("Throttling", False)]
)
def test_sns_refusals_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, code: str, lasting: bool
) -> None:
    use(monkeypatch, "sns")
    with Stubber(config.client("sns")) as answers:
        answers.add_client_error("publish", service_error_code=code)
        with pytest.raises(senders.MessageNotSent) as refused:
            senders.send_sms(phone, "Hello")
    assert refused.value.lasting is lasting
    assert phone not in str(refused.value)


def test_a_provider_nobody_knows_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "pigeon")
    with pytest.raises(config.Missing, match="sns, notify_lk, text_lk"):
        senders.send_sms(phone, "Hello")


def asks_ses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which of its calls are made, each of which is answered."""
    asked: list[str] = []

    def sent(api: str, **_request: Any) -> str:
        asked.append(api)
        return "id"

    monkeypatch.setattr(ses, "_sent", sent)
    return asked


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.com\r\nBcc: bo@example.com",
        "ann@example.com\n",
        "ann@example.com,bo@example.com",
        "ann@example.com; bo@example.com",
        "Ann <ann@example.com>",
        "ann@example.com\0",
        "ann@example.com bo@example.com",
        "ann@example.com\x85Bcc: bo@example.com",
        "ann@example.com\u2028Bcc: bo@example.com",
        "ann@example.com\x1dbo",
        "ann@example.com\u00a0bo",
        "ann@example.com\uff0cbo@example.com",
        "ann\uff1cbo@example.com",
        "@example.com",
        "ann",
        "",
    ],
)
@pytest.mark.parametrize("files", [(), (senders.Attachment("a.pdf", "application/pdf", b"%PDF"),)])
def test_an_address_that_is_more_than_one_gets_no_mail(
    to: str, files: tuple[senders.Attachment, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a shopper typed: SES is not asked, and it is not tried again."""
    asked = asks_ses(monkeypatch)
    with pytest.raises(senders.MessageNotSent) as refused:
        senders.send_mail("shop@example.com", to, "Hello", "text", "<p>", {}, files)
    assert refused.value.lasting
    assert asked == []
    assert to not in str(refused.value) or not to


@pytest.mark.parametrize("to", ["ann.o'neill+a@example.com", "jö@bücher.example", "a@b"])
@pytest.mark.parametrize("files", [(), (senders.Attachment("a.pdf", "application/pdf", b"%PDF"),)])
def test_one_address_gets_its_mail(
    to: str, files: tuple[senders.Attachment, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asks_ses(monkeypatch)
    assert senders.send_mail("shop@example.com", to, "Hello", "text", "<p>", {}, files) == "id"
    assert asked == ["ses" if files else "sesv2"]
