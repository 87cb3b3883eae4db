"""Forms with files, as browsers write them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from backshop.errors import TooLarge, Unprocessable
from backshop.web.pages import forms

ODD = bytes(range(256)) * 4 + b"\r\n--\r\n\r\n"


def event(body: bytes, kind: str) -> dict[str, Any]:
    return {
        "headers": {"content-type": kind, "sec-fetch-site": "same-origin"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def written(data: Any, files: Any) -> dict[str, Any]:
    request = httpx.Request("POST", "https://shop.example.com/", data=data, files=files)
    return event(request.read(), request.headers["content-type"])


def test_fields_and_files_are_what_was_sent() -> None:
    sent = forms.read(
        written({"rating": "5", "notes": "Ça va,\r\nmerci", "more": ["a", "b"]}, {"photo": ODD})
    )
    assert sent.first("notes") == "Ça va,\r\nmerci"
    assert sent.all("more") == ["a", "b"]
    assert sent.files == {"photo": ODD}
    assert "photo" not in sent.typed


def test_a_file_that_was_not_chosen_is_none() -> None:
    sent = forms.read(written({"rating": "5"}, {"photo": ("", b"")}))
    assert (sent.first("rating"), sent.files) == ("5", {})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (
            b"--y\r\nContent-Disposition: form-data\r\n\r\n1\r\n--y--",
            "multipart/form-data; boundary=y",
        ),
        (b"--x\r\n", 'multipart/form-data; boundary="x"; charset=y'),
    ],
)
def test_what_holds_nothing_is_an_empty_form(body: bytes, kind: str) -> None:
    assert forms.read(event(body, kind)) == forms.Sent({}, {})


def test_what_is_no_form_is_said() -> None:
    with pytest.raises(Unprocessable):
        forms.read(event(b"x", "multipart/form-data"))
    with pytest.raises(Unprocessable):
        forms.read(event(b"\r\n--x" * 3000, "multipart/form-data; boundary=x"))
    with pytest.raises(Unprocessable):
        forms.read(written({"notes": "\0"}, {"photo": b"1"}))
    with pytest.raises(TooLarge):
        forms.read(written({}, {"photo": bytes(forms.BYTES)}))
    assert forms.read(written({}, {"photo": bytes(forms.BYTES)}), 2 * forms.BYTES).files
