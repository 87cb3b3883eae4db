"""From the upload to the pictures: states, retries, refusals, erasure."""

from __future__ import annotations

import io

import numpy as np
import pytest
from backshop import logs
from backshop.aws import config
from backshop.connect.try_on import rules
from botocore.exceptions import ClientError
from PIL import Image
from vision import render

from bench.try_on import figures, samples
from tests.functions.try_on_shop import Shop, selfie


def picture(shop: Shop, made: dict, sku: str) -> np.ndarray:
    key = rules.overlay_key(shop.store, made["session_id"], sku)
    stored = config.client("s3").get_object(Bucket=shop.bucket, Key=key)["Body"].read()
    return np.asarray(Image.open(io.BytesIO(stored)))


def rims() -> bytes:
    return figures.as_png(samples.glasses())


def test_each_product_is_drawn_on_the_selfie(shop: Shop):
    shop.put(rules.asset_key(shop.store, "rims.png"), rims())
    made = shop.begin(["LIP-RED", "TINT-30", "BLUSH", "RIMS"])
    shop.upload(made, selfie())
    shop.notify(made)
    shown = shop.show(made)
    assert shown["status"] == "complete"
    assert [each["status"] for each in shown["results"]] == ["complete"] * 4
    plain = np.asarray(Image.open(io.BytesIO(selfie()))).astype(int)
    for sku in ("LIP-RED", "TINT-30", "BLUSH", "RIMS"):
        changed = np.abs(picture(shop, made, sku) - plain).max(axis=2) > 24
        assert changed.sum() > 20, sku
        rows, columns = np.nonzero(changed)
        assert rows.max() < 290, "only the face, and what is worn on it, changes"
        assert columns.min() > 130
        assert columns.max() < 320


def test_the_reading_is_a_range_and_offers_three_shades(shop: Shop):
    made = shop.begin(["LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    reading = shop.show(made)["reading"]
    assert reading["ita_range"][0] < reading["ita"] < reading["ita_range"][1]
    assert reading["ita_range"][1] - reading["ita_range"][0] > 25
    assert reading["monk_range"][0] <= reading["monk"] <= reading["monk_range"][1]
    assert [each["sku"] for each in reading["shades"]] == ["TINT-20", "TINT-30", "TINT-50"]
    assert reading["shades"][0]["title"] == "Product TINT-20"
    assert all(each["delta_e"] > 0 for each in reading["shades"])


def test_relative_shades_start_from_the_confirmed_one(shop: Shop):
    skins = {}
    for own in ("TINT-20", "TINT-50"):
        made = shop.begin(["TINT-30"], own_shade=own)
        shop.upload(made, selfie())
        shop.notify(made, own)
        skins[own] = picture(shop, made, "TINT-30")[130:150, 210:240].mean()
    plain = np.asarray(Image.open(io.BytesIO(selfie())))[130:150, 210:240].mean()
    assert skins["TINT-20"] < plain - 5, "darker than who is lighter"
    assert skins["TINT-50"] > plain + 5, "lighter than who is darker"


@pytest.mark.parametrize(
    ("sku", "own", "unknown"),
    [("TINT-30", None, True), ("TINT-30", "TINT-20", False), ("LIP-RED", None, False)],
)
def test_a_light_that_no_own_shade_tells_is_said_to_be_unknown(shop: Shop, sku, own, unknown):
    made = shop.begin([sku], **({"own_shade": own} if own else {}))
    shop.upload(made, selfie())
    shop.notify(made)
    assert (render.LIGHT_UNKNOWN in shop.show(made)["notes"]) == unknown


def test_one_upload_told_of_twice_is_drawn_once(shop: Shop):
    made = shop.begin(["LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    key = rules.overlay_key(shop.store, made["session_id"], "LIP-RED")
    config.client("s3").delete_object(Bucket=shop.bucket, Key=key)
    shop.notify(made)
    shop.notify(made, "second")
    assert key not in shop.stored()


def test_a_second_invocation_stays_out_while_the_first_works(shop: Shop, owner):
    made = shop.begin(["LIP-RED"])
    shop.upload(made, selfie())
    claim = """UPDATE connect.try_on_session SET status = 'in_progress', claimed_by = 'first',
                 claimed_at = now() - %s::interval WHERE session_id = %s"""
    owner.execute(claim, ["30 seconds", made["session_id"]])
    shop.notify(made, "second")
    assert shop.show(made)["status"] == "in_progress"
    owner.execute(claim, ["3 minutes", made["session_id"]])
    shop.notify(made, "second")
    assert shop.show(made)["status"] == "complete"


@pytest.mark.parametrize("crash_at", ["drawing", "storing", "saving"])
def test_a_crash_keeps_what_was_made_and_the_retry_makes_the_rest(
    shop: Shop, load, monkeypatch, crash_at
):
    made = shop.begin(["LIP-RED", "BLUSH", "TINT-30"])
    shop.upload(made, selfie())
    function = load("tryon_overlay")
    shop.load = lambda name: function if name == "tryon_overlay" else load(name)
    place = {
        "drawing": (function.render, "draw"),
        "storing": (function.objects, "put"),
        "saving": (function.try_on, "save_result"),
    }[crash_at]
    real, calls = getattr(*place), []

    def crash(*given):
        calls.append(given)
        if len(calls) == 2:
            raise MemoryError
        return real(*given)

    monkeypatch.setattr(*place, crash)
    with pytest.raises(Exception, match="MemoryError"):
        shop.notify(made)
    shown = shop.show(made)
    assert shown["status"] == "in_progress"
    assert [each["sku"] for each in shown["results"]] == ["LIP-RED"]
    assert shown["results"][0]["url"]
    shop.notify(made)
    assert len(calls) == 4, "one made, one crashed, two made by the retry"
    shown = shop.show(made)
    assert shown["status"] == "complete"
    assert [each["status"] for each in shown["results"]] == ["complete"] * 3


def test_a_selfie_that_cannot_be_used_fails_the_session_with_the_reason(shop: Shop):
    made = shop.begin(["LIP-RED", "BLUSH"])
    shop.upload(made, b"no picture at all")
    shop.notify(made)
    shown = shop.show(made)
    assert shown["status"] == "failed"
    assert shown["reason"] == "This is not a photo we can read. Send a JPEG, PNG, WebP or HEIC."
    assert {each["sku"]: each["code"] for each in shown["results"]} == {
        "LIP-RED": "not_an_image",
        "BLUSH": "not_an_image",
    }


def test_one_products_missing_picture_fails_that_product_alone(shop: Shop):
    made = shop.begin(["RIMS", "LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    shown = shop.show(made)
    assert shown["status"] == "complete"
    assert [each["code"] for each in shown["results"]] == ["bad_asset", None]
    assert shown["results"][0]["url"] is None


def test_a_picture_that_s3_does_not_tell_from_a_forbidden_one_is_missing(
    shop: Shop, load, monkeypatch
):
    """As for a function that may list some of a bucket; what is there and forbidden is an error."""
    function = load("tryon_overlay")
    shop.load = lambda name: function if name == "tryon_overlay" else load(name)
    real = function._read

    def refuse(key: str) -> bytes:
        if "/assets/" in f"/{key}":
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return real(key)

    monkeypatch.setattr(function, "_read", refuse)
    made = shop.begin(["RIMS", "LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    assert [each["code"] for each in shop.show(made)["results"]] == ["bad_asset", None]

    shop.put(rules.asset_key(shop.store, "rims.png"), rims())
    other = shop.begin(["RIMS"])
    shop.upload(other, selfie())
    with pytest.raises(logs.Crash, match="ClientError"):
        shop.notify(other)


def test_a_session_erased_while_it_is_drawn_leaves_nothing(shop: Shop, load, monkeypatch):
    made = shop.begin(["LIP-RED", "BLUSH"])
    shop.upload(made, selfie())
    function = load("tryon_overlay")
    shop.load = lambda name: function if name == "tryon_overlay" else load(name)
    real = function.render.draw

    def erase_first(*given):
        shop.call("erase", session=made["session_id"], token=made["capability"])
        return real(*given)

    monkeypatch.setattr(function.render, "draw", erase_first)
    shop.notify(made)
    assert shop.stored() == []


def test_a_selfie_that_comes_after_erasing_is_deleted(shop: Shop):
    made = shop.begin(["LIP-RED"])
    shop.call("erase", session=made["session_id"], token=made["capability"])
    shop.upload(made, selfie())
    shop.notify(made)
    assert shop.stored() == []


def test_logs_name_no_customer_and_no_link(shop: Shop, caplog):
    made = shop.begin(["LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    said = " ".join(str(vars(record)) for record in caplog.records)
    assert made["session_id"] in said
    assert made["capability"] not in said
    assert "s3://" not in said
