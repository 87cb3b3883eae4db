"""A photo comes with a rating: with consent alone, without what its camera told, erased when
asked."""

from __future__ import annotations

import base64
import io

import httpx
import pytest
from backshop.aws import config
from backshop.shade.training import photos
from PIL import Image

from tests.functions.shopper_pages.test_survey import (
    answer_all,
    browse,
    customer,
    kept,
    kit,
    link,
    place,
    shop,
)

__all__ = ["browse", "customer", "kept", "kit", "shop"]
BUCKET = "backshop-try-on-123456789012-eu-west-1"


@pytest.fixture(autouse=True)
def bucket(aws, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", BUCKET)
    config.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def stored() -> dict[str, bytes]:
    s3 = config.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {
        each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed
    }


def picture(comment: bytes = b"taken at home") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (30, 40), "#c68642").save(file, "JPEG", comment=comment)
    return file.getvalue()


@pytest.fixture
def token(shop, kit) -> str:
    return link(shop, kit)


@pytest.fixture
def rate(load, event, context, browse, token):
    """Answers the survey, and posts the rating's form as a browser does."""
    answer_all(browse, token)
    browse("POST", f"/survey/answers?{token}")
    function = load("shopper_pages")

    def post(fields, photo=None):
        files = {"photo": ("a.jpg", photo, "image/jpeg")} if photo else {"photo": ("", b"")}
        request = httpx.Request("POST", "https://shop.example.com", data=fields, files=files)
        asked = event("shopper_pages/rate")
        asked["queryStringParameters"] = {"token": token.partition("=")[2]}
        asked["headers"]["content-type"] = request.headers["content-type"]
        asked["body"] = base64.b64encode(request.read()).decode()
        asked["isBase64Encoded"] = True
        return function.handler(asked, context)

    return post


@pytest.fixture
def saved(owner, shop):
    def read():
        return owner.execute(
            """SELECT survey_id, match_accuracy_rating AS rating, image_url, image_at,
                 image_consent AS consent
               FROM shade.model_training_data WHERE store_id = %s""",
            [shop],
        ).fetchone()

    return read


AGREED = {"rating": "5", "notes": "Fits", "photo_agreed": "yes"}


def test_a_photo_is_kept_with_its_consent_and_without_what_the_camera_told(
    rate, saved, shop, browse, token
):
    assert "said=thanks" in place(rate(AGREED, picture()))
    row = saved()
    key = photos.key(shop, row["survey_id"])
    assert row["image_url"] == f"s3://{BUCKET}/{key}"
    assert (row["rating"], row["consent"]) == (5, photos.CONSENT)
    assert row["image_at"] is not None
    assert list(stored()) == [key]
    assert b"taken at home" not in stored()[key]
    shown = browse("GET", f"/survey/rating?{token}")
    assert f"/{key}?" in shown["body"]
    assert "It is kept until" in shown["body"]
    policy = shown["headers"]["Content-Security-Policy"]
    assert BUCKET in policy.partition("img-src")[2].partition(";")[0]


def test_a_rating_without_a_photo_leaves_an_earlier_one(rate, saved):
    rate(AGREED, picture())
    before = saved()
    place(rate({"rating": "3", "notes": ""}))
    assert saved() == before | {"rating": 3}


def test_a_later_photo_takes_the_place_of_the_first(rate, saved):
    rate(AGREED, picture())
    (first,) = stored().values()
    other = io.BytesIO()
    Image.new("RGB", (9, 9), "white").save(other, "PNG")
    rate(AGREED, other.getvalue())
    (second,) = stored().values()
    assert first != second


@pytest.mark.parametrize(
    ("fields", "photo", "words"),
    [
        ({"rating": "5", "notes": "Kept"}, picture(), "Tick the box if you agree"),
        (AGREED | {"notes": "Kept"}, b"GIF89a", "this file could not be read"),
        (AGREED | {"notes": "Kept"}, picture()[:-20], "this file could not be read"),
        (AGREED | {"notes": "Kept"}, bytes(photos.BYTES + 1), "at most 4 MB"),
        (AGREED | {"notes": "Kept", "rating": "9"}, picture(), "Choose how well the shade fits."),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_kept(rate, saved, fields, photo, words):
    answer = rate(fields, photo)
    assert answer["statusCode"] == 422
    assert answer["body"].count(words) >= 2, "on top and at its field"
    assert "Kept</textarea>" in answer["body"]
    assert saved() is None
    assert stored() == {}


def test_the_photo_is_erased_by_its_sender(rate, saved, browse, token):
    rate(AGREED, picture())
    for _ in range(2):
        led = place(browse("POST", f"/survey/photo?{token}"))
    assert "Your photo is erased" in browse("GET", led)["body"]
    assert stored() == {}
    row = saved()
    assert (row["rating"], row["image_url"], row["image_at"], row["consent"]) == (
        5,
        None,
        None,
        None,
    )


def test_only_our_own_page_erases(rate, saved, browse, token):
    rate(AGREED, picture())
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = browse("POST", f"/survey/photo?{token}", headers=foreign)
    assert answer["statusCode"] == 403
    assert saved()["image_url"]
    assert browse("POST", "/survey/photo?token=a.b.c")["statusCode"] == 410
