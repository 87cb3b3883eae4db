"""A person's data, a shop's connection, and secrets that change, beside a running stack."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from cli.commands import rotate
from tests.stack.conftest import eventually

EMAIL = "someone.else@example.com"
PHONE = "+94 77 000 0047"


@pytest.fixture
def person(rows: Any, woocommerce: str) -> Any:
    """A customer of the demo shop, and whether they are there still."""
    rows.execute(
        """INSERT INTO connect.platform_customer
             (store_id, platform, customer_id, email, phone)
           VALUES (%s, 'woocommerce', '4711', %s, '0770000047') ON CONFLICT DO NOTHING""",
        [woocommerce, EMAIL],
    )

    def is_there() -> bool:
        found = rows.execute(
            "SELECT FROM connect.platform_customer WHERE store_id = %s AND customer_id = '4711'",
            [woocommerce],
        )
        return found.fetchone() is not None

    return is_there


def test_a_person_is_exported_into_a_file(here: Any, person: Any, tmp_path: Path) -> None:
    counted = here("export", PHONE, "--store", "woocommerce")
    assert counted.code == 0, counted.err
    assert "platform_customer  1" in counted.out
    file = tmp_path / "person.json"
    told = here("export", EMAIL, "--store", "woocommerce", "--to", str(file), "--json")
    assert told.json["rows"] == {"connect": {"platform_customer": 1}}
    assert EMAIL not in told.out
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())["connect"]["platform_customer"][0]["email"] == EMAIL
    assert here("export", "nobody@example.com", "--store", "woocommerce").code == 3


def test_a_person_is_erased_after_a_question(here: Any, person: Any) -> None:
    assert here("erase", PHONE, "--store", "woocommerce", "--dry-run").code == 0
    assert here("erase", PHONE, "--store", "woocommerce").code == 2, "nobody can be asked"
    assert person()
    told = here("erase", PHONE, "--store", "woocommerce", "--yes")
    assert told.code == 0, told.err
    assert "erased from" in told.out
    assert PHONE not in told.out
    assert not person()
    assert here("erase", EMAIL, "--store", "woocommerce", "--yes").code == 3


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_a_shop_of_each_platform_is_checked(
    here: Any, stack: Any, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With credentials that it refuses, which is told in a sentence."""
    [url] = [
        each["store_url"] for each in here("status", "--json").json["stores"]
        if each["platform"] == platform
    ]  # fmt: skip
    monkeypatch.setenv("BACKSHOP_API_KEY", "not-the-key-of-it")
    monkeypatch.setenv("BACKSHOP_SECRET", "not-the-secret-of-it")
    told = here("connect", platform, url, "--check")
    assert told.code == 1
    assert told.out.startswith("no  shop")
    assert "not-the" not in told.out + told.err


def test_a_shop_is_connected_and_its_secrets_change(
    here: Any, stack: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import shops.running

    with shops.running.running("woocommerce", orders=5) as shop:
        monkeypatch.setenv("BACKSHOP_API_KEY", shop.credentials["api_key"])
        monkeypatch.setenv("BACKSHOP_SECRET", shop.credentials["secret"])
        kept = tmp_path / "shop.json"
        told = here(
            "connect", "woocommerce", shop.url, "--name", "A second shop", "--to", str(kept)
        )
        assert told.code == 0, told.err
        assert "connected" in told.out
        assert shop.credentials["secret"] not in told.out + told.err
        once = json.loads(kept.read_text())
        assert once["store_key"].startswith("bs_store_")
        assert once["store_key"] not in told.out
        again = here("connect", "woocommerce", shop.url)
        assert (again.code, "connected already" in again.err) == (1, True)
        assert here("rotate", "credentials", "--store", shop.url, "--yes").code == 0
        to = tmp_path / "webhook.json"
        told = here("rotate", "webhook", "--store", shop.url, "--to", str(to), "--yes")
        assert (told.code, f"the new secret is in {to}" in told.out) == (0, True)
        assert json.loads(to.read_text())["webhook_secret"]
        made = here("keys", "make", "--store", shop.url, "--to", str(tmp_path / "key"))
        assert "bs_store_" not in made.out
        key = (tmp_path / "key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{stack.base_url}/connectors/{once['id']}", headers=headers)
        assert answer.status_code == 200
        httpx.delete(
            f"{stack.base_url}/connectors/{once['id']}",
            headers={"Authorization": f"Bearer {stack.staff_key}"}, timeout=40,
        ).raise_for_status()  # fmt: skip


def test_what_is_missing_is_named(here: Any) -> None:
    assert "say PLATFORM" in here("connect").err
    told = here("connect", "woocommerce", "https://shop.example.com")
    assert told.code == 2
    assert "set BACKSHOP_API_KEY (Consumer key)" in told.err


def test_logins_change_and_everything_goes_on(here: Any, stack: Any) -> None:
    before = stack.database_urls
    told = here("rotate", "logins", "--yes", "--json")
    assert told.json == {"rotated": "logins", "store_id": None}
    after = stack.database_urls
    for name, url in after.items():
        assert urlsplit(url).password != urlsplit(before[name]).password, name
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(before["backshop_service"])
    psycopg.connect(after["owner"]).close()
    assert here("rotate", "staff", "--yes").code == 0, "twice within the minutes a secret is kept"
    assert here("status").code == 0
    assert here("sync", "--store", "woocommerce").code == 0


@pytest.mark.parametrize("what", ["capability", "token"])
def test_what_signs_changes(here: Any, what: str) -> None:
    assert here("rotate", what).code == 2, "nobody can be asked"
    assert here("rotate", what, "--yes").code == 0
    assert here("status").code == 0


def test_all_keys_end_and_this_command_makes_itself_a_new_one(here: Any, stack: Any) -> None:
    former = stack.staff_key
    assert here("rotate", "keys", "--yes").code == 0
    assert stack.staff_key != former
    named = [each["name"] for each in here("keys", "list", "--json").json["items"]]
    assert named == ["operators"], "keys that ended are not listed as keys"
    eventually(lambda: here("status").code == 0, seconds=20)
    headers = {"Authorization": f"Bearer {former}x"}
    assert httpx.get(f"{stack.base_url}/connectors", headers=headers).status_code in (401, 403)


def test_a_shops_secret_needs_a_shop_and_a_file(here: Any) -> None:
    assert here("rotate", "webhook", "--yes").code == 2
    told = here("rotate", "webhook", "--store", "vendure", "--yes")
    assert (told.code, "--to FILE" in told.err) == (2, True)


class _Stack:
    """A session with a stack where somebody makes a key as soon as there is the new secret."""

    def __init__(self) -> None:
        self.place = self
        self.keys = ["former"]
        self.revoked: list[str] = []

    def waiting(self, _what: str) -> Any:
        return nullcontext()

    def client(self, _service: str) -> Any:
        return self

    def of_type(self, _kind: str) -> dict[str, str]:
        return {"KeySecret": "its ARN"}

    def put_secret_value(self, **_secret: str) -> None:
        self.keys.append("meanwhile")

    def keep_key(self, _key: str) -> None: ...

    def invoke(self, _function: str, event: dict[str, str]) -> Any:
        if "revoke" in event:
            self.revoked.append(event["revoke"])
        if "name" in event:
            return {"staff_key": "its own"}
        return {"staff_keys": [{"id": each, "revoked_at": None} for each in self.keys]}


def test_a_key_of_the_new_secret_is_not_revoked_with_the_former_ones() -> None:
    stack: Any = _Stack()
    rotate._of_stack(stack, "keys")
    assert stack.revoked == ["former"]
