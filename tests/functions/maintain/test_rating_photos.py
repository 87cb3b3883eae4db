"""Photos of ratings go after a year, to the minute, whatever their rows say of where they are."""

from __future__ import annotations

import pytest
from backshop.aws import config
from backshop.shade.training import photos

BUCKET = "backshop-try-on-123456789012-eu-west-1"


@pytest.fixture
def bucket(aws, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", BUCKET)
    config.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def keys() -> set[str]:
    listed = config.client("s3").list_objects_v2(Bucket=BUCKET)
    return {each["Key"] for each in listed.get("Contents", [])}


def rated(owner, store, age, address=None, *, dated=True) -> str:
    """A rating with a photo of that age; the photo's key."""
    survey = owner.execute(
        "INSERT INTO shade.surveys (store_id) VALUES (%s) RETURNING id", [store]
    ).fetchone()["id"]
    key = photos.key(store, survey)
    config.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"photo")
    owner.execute(
        """INSERT INTO shade.model_training_data (store_id, survey_id, match_accuracy_rating,
             rated_at, image_url, image_at, image_consent)
           VALUES (%(store)s, %(survey)s, 4, now() - %(age)s::interval, %(url)s,
             CASE WHEN %(dated)s THEN now() - %(age)s::interval END, 'v')""",
        {
            "store": store,
            "survey": survey,
            "age": age,
            "dated": dated,
            "url": f"s3://{BUCKET}/{key}" if address is None else address,
        },
    )
    return key


def test_a_photo_goes_when_its_year_is_over(bucket, load, event, context, owner, new_store):
    store, other = new_store("shopify"), new_store("vendure")
    young = rated(owner, store, "364 days 23 hours")
    old = {rated(owner, store, "365 days 1 minute"), rated(owner, other, "400 days")}
    undated = rated(owner, store, "365 days 1 minute", dated=False)
    for address in ("", "https://elsewhere.example/a.jpg", "s3://", "s3://gone-bucket/a"):
        old.add(rated(owner, store, "366 days", address))
    done = load("maintain").handler(event("maintain/try_on"), context)
    assert keys() == {young}
    assert done["rating_photos_deleted"] >= len(old | {undated})
    left = owner.execute(
        """SELECT survey_id, match_accuracy_rating AS rating, image_url, image_at, image_consent
           FROM shade.model_training_data WHERE store_id = ANY (%s)""",
        [[store, other]],
    ).fetchall()
    assert {row["rating"] for row in left} == {4}, "what was said stays"
    kept = [row for row in left if row["image_url"] or row["image_at"] or row["image_consent"]]
    assert [photos.key(store, row["survey_id"]) for row in kept] == [young]
    again = load("maintain").handler(event("maintain/try_on"), context)
    assert again["rating_photos_deleted"] == 0
