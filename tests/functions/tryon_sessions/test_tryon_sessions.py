"""Sessions: beginning, limits, tokens, capabilities, erasing, looks and assets."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from backshop.aws import config
from backshop.connect.try_on import rules
from backshop.web import tokens

from tests.functions.try_on_shop import Shop

PUBLISHED = {"kind": "publishable", "id": "someone", "scopes": "try-on"}


def policy(made: dict) -> dict:
    return json.loads(base64.b64decode(made["upload"]["fields"]["policy"]))


def test_a_session_tells_where_the_selfie_goes_and_what_it_may_be(shop: Shop):
    made = shop.begin(["TINT-30", "LIP-RED"], content_type="image/heic")
    conditions = policy(made)["conditions"]
    key = f"selfies/{shop.store}/{made['session_id']}"
    assert {"key": key} in conditions
    assert {"Content-Type": "image/heic"} in conditions
    assert ["content-length-range", 1, 25_000_000] in conditions
    ends = datetime.fromisoformat(policy(made)["expiration"])
    assert timedelta(minutes=9) < ends - datetime.now(UTC) <= timedelta(minutes=10)
    assert made["status"] == "created"
    # Objects under a KMS key are taken and given by signature version 4 alone.
    assert made["upload"]["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_consent_is_needed_and_recorded(shop: Shop, owner):
    status, answer = shop.call("begin", {"skus": ["LIP-RED"]})
    assert (status, answer["errors"][0]["field"]) == (422, "consent")
    assert shop.call("begin", {"skus": ["LIP-RED"], "consent": False})[0] == 422
    made = shop.begin(["LIP-RED"])
    row = owner.execute(
        "SELECT consented_at, status, selfie_url FROM connect.try_on_session WHERE session_id = %s",
        [made["session_id"]],
    ).fetchone()
    assert datetime.now(UTC) - row["consented_at"] < timedelta(seconds=30)
    assert row["status"] == "created"
    assert row["selfie_url"].endswith(made["session_id"])


@pytest.mark.parametrize(
    "body, field",
    [
        ({"skus": []}, "skus"),
        ({"skus": ["LIP-RED", "LIP-RED"]}, "skus"),
        ({"skus": [f"S{n}" for n in range(21)]}, "skus"),
        ({"skus": ["LIP-RED", "NOT-OURS"]}, "skus.1"),
        ({"skus": ["LIP-RED"], "customer_id": "nobody"}, "customer_id"),
        ({"skus": ["LIP-RED"], "own_shade": "LIP-RED"}, "own_shade"),
        ({"skus": ["LIP-RED"], "content_type": "image/gif"}, "content_type"),
        ({"skus": ["LIP-RED"], "lettering": {"number": "100"}}, "lettering.number"),
    ],
)
def test_what_is_wrong_is_said_by_field(shop: Shop, body, field):
    status, answer = shop.call("begin", {"consent": True, **body})
    assert status == 422
    assert answer["errors"][0]["field"] == field


def test_a_product_without_a_look_fails_at_once_and_the_others_go_on(shop: Shop, owner):
    owner.execute(
        "UPDATE connect.platform_product SET metadata = %s WHERE sku = 'BLUSH' AND store_id = %s",
        ['{"try_on": {"kind": "hat"}}', shop.store],
    )
    made = shop.begin(["BLUSH", "LIP-RED"])
    assert [(r["sku"], r["code"]) for r in made["results"]] == [("BLUSH", "not_wearable")]
    status, answer = shop.call("begin", {"skus": ["BLUSH"], "consent": True})
    assert (status, answer["errors"][0]["field"]) == (422, "skus")


def test_a_publishable_token_begins_sessions_and_does_nothing_else(
    shop: Shop, load, event, context
):
    status, made = shop.call("publish", {})
    assert (status, made["expires_in"]) == (201, 600)
    asked = event("authorizer/staff_key")
    asked["headers"]["authorization"] = f"Bearer {made['token']}"
    answer = load("authorizer").handler(asked, context)
    assert answer["context"] == {
        "kind": "publishable",
        "id": str(shop.store),
        "store_id": str(shop.store),
        "scopes": "try-on",
    }
    body = {"skus": ["LIP-RED"], "consent": True}
    assert shop.call("begin", body, caller=PUBLISHED)[0] == 201
    assert shop.call("publish", {}, caller=PUBLISHED)[0] == 403
    assert shop.call("begin", body | {"customer_id": "1"}, caller=PUBLISHED)[0] == 403
    for name in ("set_look", "add_asset"):
        assert shop.call(name, caller=PUBLISHED)[0] == 403


def test_a_publishable_token_dies_after_ten_minutes(shop: Shop, load, event, context):
    began = datetime.now(UTC) - rules.TOKEN_LASTS - timedelta(seconds=1)
    claims = {"store_id": str(shop.store)}
    asked = event("authorizer/staff_key")
    for token in (
        tokens.sign("publishable", claims, at=began, lasts=rules.TOKEN_LASTS),
        tokens.sign("shopper", claims, at=datetime.now(UTC), lasts=rules.TOKEN_LASTS),
    ):
        asked["headers"]["authorization"] = f"Bearer {token}"
        assert load("authorizer").handler(asked, context) == {"isAuthorized": False}


def test_an_address_begins_only_so_many_sessions_with_published_tokens(shop: Shop):
    body = {"skus": ["LIP-RED"], "consent": True}
    answers = [
        shop.call("begin", body, caller=PUBLISHED)[0] for _ in range(rules.ADDRESS_SESSIONS + 1)
    ]
    assert answers == [201] * rules.ADDRESS_SESSIONS + [429]
    assert shop.call("begin", body)[0] == 201  # the store's own key is not held to it


def test_a_store_begins_only_so_many_sessions(shop: Shop, monkeypatch):
    monkeypatch.setattr(rules, "STORE_SESSIONS", 2)
    body = {"skus": ["LIP-RED"], "consent": True}
    assert [shop.call("begin", body)[0] for _ in range(3)] == [201, 201, 429]


def test_a_session_is_shown_and_erased_for_its_own_capability_alone(shop: Shop, new_store):
    made, other = shop.begin(["LIP-RED"]), shop.begin(["BLUSH"])
    session = made["session_id"]
    later = datetime.now(UTC)
    stale = tokens.sign(
        "try-on session",
        {"store_id": str(shop.store), "session_id": session},
        at=later - timedelta(days=31),
        lasts=rules.OVERLAYS_LAST,
    )
    foreign = tokens.sign(
        "try-on session",
        {"store_id": str(new_store()), "session_id": session},
        at=later,
        lasts=timedelta(minutes=1),
    )
    for name in ("show", "erase"):
        assert shop.call(name, session=session)[0] == 401
        assert shop.call(name, session=session, token="not.a.token")[0] == 401
        assert shop.call(name, session=session, token=stale)[0] == 401
        assert shop.call(name, session=session, token=other["capability"])[0] == 404
    assert shop.call("show", session=session, token=foreign)[0] == 404
    shop.call("erase", session=session, token=foreign)
    assert shop.show(made)["status"] == "created"


def test_erasing_takes_rows_and_objects_and_may_be_repeated(shop: Shop, owner):
    made = shop.begin(["LIP-RED"])
    kept = shop.begin(["LIP-RED"])
    session = made["session_id"]
    overlay = rules.overlay_key(shop.store, session, "LIP-RED")
    others = rules.overlay_key(shop.store, kept["session_id"], "LIP-RED")
    shop.upload(made, b"a selfie")
    shop.put(overlay, b"a picture")
    shop.put(others, b"another's picture")
    owner.execute(
        "INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)"
        " VALUES (%s, %s, 'LIP-RED', 's3://x')",
        [shop.store, session],
    )
    for _ in range(2):
        assert shop.call("erase", session=session, token=made["capability"])[0] == 204
    assert shop.stored() == [others]
    assert shop.call("show", session=session, token=made["capability"])[0] == 404
    left = owner.execute(
        "SELECT count(*) AS number FROM connect.try_on_overlay WHERE session_id = %s", [session]
    ).fetchone()
    assert left["number"] == 0


def test_a_session_that_hangs_for_fifteen_minutes_has_failed(shop: Shop, owner):
    waiting, drawing, young = (shop.begin(["LIP-RED", "BLUSH"]) for _ in range(3))
    for made, status, minutes in (
        (waiting, "created", 16),
        (drawing, "in_progress", 16),
        (young, "created", 14),
    ):
        owner.execute(
            """UPDATE connect.try_on_session SET status = %s,
                 created_at = now() - make_interval(mins => %s),
                 claimed_at = CASE WHEN %s = 'in_progress' THEN now() - interval '16 minutes' END
               WHERE session_id = %s""",
            [status, minutes, status, made["session_id"]],
        )
    codes = {}
    for name, made in (("waiting", waiting), ("drawing", drawing)):
        shown = shop.show(made)
        assert shown["status"] == "failed"
        assert [each["sku"] for each in shown["results"]] == ["LIP-RED", "BLUSH"]
        assert all(each["reason"] for each in shown["results"])
        codes[name] = shown["results"][0]["code"]
    assert codes == {"waiting": "no_selfie", "drawing": "stuck"}
    assert shop.show(young)["status"] == "created"


def test_looks_are_checked_kept_and_outlive_a_sync(shop: Shop, owner):
    status, _ = shop.call("set_look")
    assert status == 200
    wrong = {"sku": "LIP-RED", "look": {"kind": "lip", "color": "red"}}
    status, answer = shop.call("set_look", wrong)
    assert status == 422
    assert answer["errors"][0]["field"].startswith("look.lip.color")
    assert shop.call("set_look", {"sku": "NOT-OURS", "look": None})[0] == 404
    sync = (
        "UPDATE connect.platform_product SET metadata = %s WHERE sku = 'LIP-RED' AND store_id = %s"
    )
    owner.execute(sync, ['{"slug": "lip-red"}', shop.store])
    row = owner.execute(
        "SELECT metadata FROM connect.platform_product WHERE sku = 'LIP-RED' AND store_id = %s",
        [shop.store],
    ).fetchone()
    assert row["metadata"]["slug"] == "lip-red"
    assert row["metadata"]["try_on"]["finish"] == "matte"
    shop.call("set_look", {"sku": "LIP-RED", "look": None})
    assert shop.call("begin", {"skus": ["LIP-RED"], "consent": True})[0] == 422


def test_assets_go_below_the_store(shop: Shop):
    status, made = shop.call("add_asset")
    assert status == 201
    assert {"key": f"assets/{shop.store}/horn-rims.png"} in policy(made)["conditions"]
    assert shop.call("add_asset", {"name": "../x", "content_type": "image/png"})[0] == 422
    assert shop.call("add_asset", {"name": "a.svg", "content_type": "image/svg+xml"})[0] == 422


def test_the_links_are_signed_and_short_lived(shop: Shop, owner):
    made = shop.begin(["LIP-RED"])
    url = f"s3://{shop.bucket}/{rules.overlay_key(shop.store, made['session_id'], 'LIP-RED')}"
    owner.execute(
        "INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)"
        " VALUES (%s, %s, 'LIP-RED', %s)",
        [shop.store, made["session_id"], url],
    )
    owner.execute(
        """UPDATE connect.try_on_session SET status = 'complete', claimed_at = now(),
             results = '{"LIP-RED": {"status": "complete"}}' WHERE session_id = %s""",
        [made["session_id"]],
    )
    shown = shop.show(made)
    assert "Signature" in shown["results"][0]["url"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in shown["selfie_url"]
    assert config.value("TRY_ON_BUCKET") in shown["selfie_url"]


PLANTED = ("s3://{bucket}/{other}", "s3://another-bucket/a", "", "https://elsewhere.example/x.jpg")


@pytest.mark.parametrize("address", PLANTED)
def test_the_links_lead_to_the_session_s_own_pictures(shop: Shop, owner, address: str):
    """Whatever its rows say: an address of another store, of another bucket, or none."""
    made = shop.begin(["LIP-RED"])
    other = uuid4()
    keys = rules.selfie_key(other, other), rules.overlay_key(other, other, "LIP-RED")
    selfie, overlay = (address.format(bucket=shop.bucket, other=each) for each in keys)
    owner.execute(
        "INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)"
        " VALUES (%s, %s, 'LIP-RED', %s)",
        [shop.store, made["session_id"], overlay],
    )
    owner.execute(
        """UPDATE connect.try_on_session SET status = 'complete', claimed_at = now(),
             selfie_url = %s, results = '{"LIP-RED": {"status": "complete"}}'
           WHERE session_id = %s""",
        [selfie, made["session_id"]],
    )
    shown = shop.show(made)
    whose = shop.store, made["session_id"]
    told = {
        rules.selfie_key(*whose): shown["selfie_url"],
        rules.overlay_key(*whose, "LIP-RED"): shown["results"][0]["url"],
    }
    for key, link in told.items():
        assert key in link
        assert shop.bucket in link
        assert str(other) not in link


def test_a_session_that_was_begun_is_not_begun_again(shop: Shop, owner):
    body = {"skus": ["LIP-RED"], "consent": True}
    first, again = (shop.call("begin", body, idempotency_key="one page view")[1] for _ in range(2))
    assert again == first, "capability and upload too"
    rows = owner.execute(
        "SELECT count(*) AS number FROM connect.try_on_session WHERE store_id = %s", [shop.store]
    ).fetchone()
    assert rows["number"] == 1
    kept = owner.execute(
        "SELECT answer, sealed FROM backshop.idempotency_keys WHERE store_id = %s", [shop.store]
    ).fetchone()
    assert first["capability"] not in str(kept)
    assert first["upload"]["fields"]["policy"] not in str(kept)


@pytest.mark.parametrize("name", ["publish", "add_asset"])
def test_tokens_and_uploads_are_answered_again_for_their_key(shop: Shop, name):
    first, again = (shop.call(name, idempotency_key="k") for _ in range(2))
    assert first == again
    assert first[0] == 201


def test_a_page_of_the_shop_begins_a_session(shop: Shop, owner, event, context, load):
    """A browser sends the page's origin, which the answer names where the store allows it."""
    owner.execute(
        """UPDATE backshop.stores SET settings = settings
             || '{"allowed_origins": ["https://linden-begins.example"]}' WHERE id = %s""",
        [shop.store],
    )
    asked = event("tryon_sessions/begin")
    asked["headers"]["origin"] = "https://linden-begins.example"
    asked["requestContext"]["authorizer"]["lambda"] = PUBLISHED | {"store_id": str(shop.store)}
    asked["body"] = json.dumps({"skus": ["LIP-RED"], "consent": True, "consent_version": "v1"})
    answer = load("tryon_sessions").handler(asked, context)
    assert answer["statusCode"] == 201
    allowed = answer["headers"]["Access-Control-Allow-Origin"]
    assert allowed == "https://linden-begins.example"
    kept = owner.execute(
        "SELECT consent_version FROM connect.try_on_session WHERE store_id = %s", [shop.store]
    ).fetchone()
    assert kept["consent_version"] == "v1"
