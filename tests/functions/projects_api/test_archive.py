"""Projects completed over two years ago go to the bucket and come back; analytics stay."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, date, datetime

import pytest
from backshop import commerce, db, privacy
from backshop.aws import config
from backshop.projects.archive import archiving


def made(answer):
    assert answer.status in (200, 201), answer.body
    return answer.body


@pytest.fixture
def old(call, owner):
    """A project completed in 2020, with everything; its path and how it was."""
    greeting = {
        "customer": {"first_name": "Jo", "email": "jo@example.com", "customer_type": "builder"},
        "project": {"notes": "likes green"},
        "conversation": {"conversation_summary": "long talk", "aos_score_greeting": 4},
    }
    project = made(call("POST", "/projects/greeting", greeting))["project"]["project_id"]
    path = f"/projects/{project}"
    room = {"room_type": "bathroom", "surfaces": [{"surface_type": "floor", "surface_area_sf": 48}]}
    whole = made(call("POST", f"{path}/needs-assessment", {"rooms": [room]}))["project"]
    surface = whole["rooms"][0]["surfaces"][0]["surface_id"]
    product = {"product_sku": "T", "product_type": "tile", "price_per_unit": 3}
    made(call("POST", f"/surfaces/{surface}/selections", product))
    owner.execute(
        "UPDATE projects.projects SET project_status = 'completed',"
        " project_completion_date = '2020-05-05' WHERE project_id = %s",
        [project],
    )
    return path, made(call("GET", path)), made(call("GET", f"{path}/conversations"))


def test_an_old_project_is_archived_and_restored(call, load, event, context, owner, aws, old):
    path, before, talks = old
    done = load("maintain").handler(event("maintain/scheduled"), context)
    assert done["projects_archived"] == 1
    gone = made(call("GET", path))
    assert (gone["rooms"], gone["notes"], gone["archived_at"] is not None) == ([], None, True)
    [talk] = [each for each in made(call("GET", f"{path}/conversations"))["items"] if each["aos_score_greeting"]]  # fmt: skip
    assert (talk["aos_score_greeting"], talk["conversation_summary"]) == (4, None)
    scores = made(call("GET", "/reports/scores"))["items"]
    assert sum(each["conversations"] for each in scores) == 2
    refused = call("POST", f"{path}/rooms", {"room_type": "other"})
    assert (refused.status, refused.slug) == (409, "archived")
    assert load("maintain").handler(event("maintain/scheduled"), context)["projects_archived"] == 0

    back = made(call("POST", f"{path}/restore"))
    changed = {"version", "updated_at"}
    assert {key: back[key] for key in back if key not in changed} == {
        key: before[key] for key in before if key not in changed
    }
    summaries = [each["conversation_summary"] for each in made(call("GET", f"{path}/conversations"))["items"]]  # fmt: skip
    assert summaries == [each["conversation_summary"] for each in talks["items"]]
    again = call("POST", f"{path}/restore")
    assert (again.status, again.slug) == (409, "not-archived")
    assert load("maintain").handler(event("maintain/scheduled"), context)["projects_archived"] == 0


@pytest.mark.parametrize("bucket", ["backshop-data", "another-bucket"])
def test_a_project_comes_back_from_its_own_object(
    call, load, event, context, owner, aws, old, new_store, bucket
):
    """Whatever its row says: what another store archived stays that store's."""
    path, before, _ = old
    load("maintain").handler(event("maintain/scheduled"), context)
    other = {"notes": "of another store", "rooms": [], "surfaces": [], "selections": []}
    key = f"archive/{new_store()}/{path.rpartition('/')[2]}.json.z"
    content = zlib.compress(json.dumps(other | {"conversations": []}).encode())
    config.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=content)
    owner.execute(
        "UPDATE projects.archived_projects SET object_key = %s WHERE project_id = %s",
        [f"s3://{bucket}/{key}", path.rpartition("/")[2]],
    )
    back = made(call("POST", f"{path}/restore"))
    assert (back["notes"], len(back["rooms"])) == (before["notes"], len(before["rooms"]))


def test_an_archive_without_its_object_says_so_and_stays(call, load, event, context, aws, old):
    path, _, _ = old
    load("maintain").handler(event("maintain/scheduled"), context)
    kept = config.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix="archive/")["Contents"]
    for each in kept:
        config.client("s3").delete_object(Bucket=aws.bucket, Key=each["Key"])
    answer = call("POST", f"{path}/restore")
    assert answer.status == 404
    assert made(call("GET", path))["archived_at"] is not None


def test_what_is_not_stored_leaves_everything_where_it_was(call, store, owner, old):
    path, before, _ = old

    def fail(key, content):
        raise OSError("no such bucket")

    with pytest.raises(OSError, match="no such bucket"), db.transaction(all_stores=True) as tx:
        archiving.archive(tx, date(2021, 1, 1), 10, fail)
    assert made(call("GET", path)) == before


def test_who_is_erased_is_erased_from_the_archive(call, load, event, context, aws, store, old):
    path, _, _ = old
    load("maintain").handler(event("maintain/scheduled"), context)
    key = f"archive/{store}/{path.rpartition('/')[2]}.json.z"
    s3 = config.client("s3")
    stored = zlib.decompress(s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read())
    assert json.loads(stored)["notes"] == "likes green"
    shop = commerce.Store(
        id=store, platform="woocommerce", url="https://x.example.com", currency="USD",
        time_zone="UTC", settings={},
    )  # fmt: skip
    person = commerce.Person(customer_id=None, email="jo@example.com", phone=None, order_ids=[])
    with db.transaction(store_id=store) as tx:
        kept = privacy.erase(tx, shop, person, datetime.now(UTC))
    assert key in kept.papers
    assert call("POST", f"{path}/restore").status == 409


@pytest.mark.parametrize(
    "today, day", [(date(2026, 11, 28), date(2024, 11, 28)), (date(2028, 2, 29), date(2026, 2, 28))]
)
def test_two_years_ago(today, day):
    assert archiving.cutoff(today) == day
