"""The migrated database against the five data models, table by table and column by column."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sql import catalogue, documents
from tests.sql.catalogue import plain_default

DOCS = Path(__file__).parents[2] / "docs" / "data-model.md"

Facts = dict[str, dict[str, Any]]
Table = dict[str, Any]

# The deliberate departures; docs/data-model.md gives each its reason.

# These two ARE a store, so that their documented keys already name it.
STORE_TABLES = {("connect", "connector_config"), ("insights", "stores")}
PARTITION_KEY = {
    ("projects", "conversation_log"): "conversation_date",
    ("projects", "quotes"): "quote_date",
}
TYPES = {
    ("connect", "connector_config", "api_key"): "text",
    ("connect", "connector_config", "secret"): "text",
}
NOT_NULL = {
    ("connect", "order_item", "order_id"),
    ("connect", "order_item", "platform"),
    ("connect", "refund_request", "order_id"),
    ("connect", "refund_request", "platform"),
    ("connect", "address_update_request", "order_id"),
    ("connect", "address_update_request", "platform"),
    ("connect", "try_on_overlay", "session_id"),
    ("projects", "conversation_log", "conversation_date"),
}
DEFAULTS = {
    ("projects", "selected_products", "unit_of_measure"): "sf",
    ("projects", "conversation_log", "interaction_type"): "followup",
    ("shade", "conversions", "converted"): "false",
    ("shade", "conversions", "created_at"): "now()",
    ("shade", "model_training_data", "used_for_training"): "false",
}
WIDER_KEYS = {("insights", "stores", "store_url"): "channel"}
MORE_VALUES = {
    "platform": {"vendure"},
    "sync_type": {"reconcile"},
}


def compare(facts: Facts, found: Facts) -> list[str]:
    """Every difference as a sentence; empty when the database is what the documents say."""
    return [
        difference
        for context, said in facts.items()
        for difference in _compare_context(context, said, found[context])
    ]


MONEY = {"numeric(10,2)", "numeric(12,2)"}
WIDE_MONEY = {"connect", "shade", "insights"}
"""Shops sell in dong and rupiah, and in dinars of three decimals (docs/data-model.md)."""


def _compare_context(context: str, said: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for name, table in said["tables"].items():
        if name not in found["tables"]:
            yield f"{context}.{name} is missing"
            continue
        there = found["tables"][name]
        for part in (_columns, _keys, _references, _indexes, _checks, _triggers):
            for difference in part((context, name), table, there):
                yield f"{context}.{name}: {difference}"
        yield from _quote_numbers(context, name, found)
    for name, arguments in said["functions"].items():
        if found["functions"].get(name) != arguments:
            yield f"{context}.{name}({', '.join(arguments)}) is missing or has other arguments"


def _columns(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    if there["columns"].get("store_id", {}).get("nullable") is not False:
        yield "store_id is missing or may be NULL"
    for name, column in said["columns"].items():
        if name not in there["columns"]:
            yield f"column {name} is missing"
            continue
        for aspect, wanted, is_there in _aspects((*at, name), column, there["columns"][name]):
            if wanted != is_there:
                yield f"column {name} has {aspect} {is_there}, not {wanted}"


def _aspects(
    at: tuple[str, str, str], said: dict[str, Any], there: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    name = at[2]
    type = TYPES.get(at, said["type"])
    if name.startswith("wc_") and type == "integer":
        type = "bigint"
    if type in MONEY and at[0] in WIDE_MONEY:
        type = "numeric(19,4)"
    if type is not None:
        yield "type", type, there["type"]
    if said["nullable"] is not None:
        yield "nullable", said["nullable"] and at not in NOT_NULL, there["nullable"]
        default = DEFAULTS.get(at, plain_default(said["default"]))
        if at[0] == "shade" and name == "id":
            default = "gen_random_uuid()"
        yield "default", default and default.lower(), _lower(plain_default(there["default"]))


def _lower(text: str | None) -> str | None:
    return text and text.lower()


def _full(at: tuple[str, str], columns: list[str]) -> set[str]:
    return {*columns} if at in STORE_TABLES else {"store_id", *columns}


def _keys(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    if said["primary_key"]:
        wanted = _full(at, said["primary_key"])
        if at in PARTITION_KEY:
            wanted.add(PARTITION_KEY[at])
        if set(there["primary_key"]) != wanted:
            yield f"the primary key is {there['primary_key']}, not {sorted(wanted)}"
    elif not there["primary_key"]:
        yield "there is no primary key"
    for columns in said["unique"]:
        wanted = _full(at, columns)
        wanted |= {WIDER_KEYS[*at, each] for each in columns if (*at, each) in WIDER_KEYS}
        if at in PARTITION_KEY:
            continue
        if wanted not in [set(each) for each in there["unique"]]:
            yield f"{sorted(wanted)} are not unique"


def _quote_numbers(context: str, name: str, found: dict[str, Any]) -> Iterator[str]:
    """What keeps quote_number unique, which the partitioned table itself cannot."""
    if (context, name) != ("projects", "quotes"):
        return
    numbers = found["tables"].get("quote_numbers", {})
    if set(numbers.get("primary_key", [])) != {"store_id", "quote_number"}:
        yield "projects.quote_numbers does not keep quote numbers unique"
    if "keep_quote_number" not in found["tables"]["quotes"]["triggers"]:
        yield "projects.quotes has no trigger that claims its quote number"


def _references(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    for key in said["foreign_keys"]:
        if not any(_is_reference(at, key, each) for each in there["foreign_keys"]):
            yield f"there is no full reference from {key['columns']} to {key['table']}"


def _is_reference(at: tuple[str, str], said: dict[str, Any], there: dict[str, Any]) -> bool:
    if (there["schema"], there["table"]) != (at[0], said["table"]):
        return False
    if not there["is_checked"]:
        return False
    if said["columns"] and not {"store_id", *said["columns"]} <= set(there["columns"]):
        return False
    # An order item's store names insights.stores, whose key is the id alone.
    if "store_id" not in there["target_columns"] and there["target_columns"] != ["id"]:
        return False
    return bool(there["on_delete"] == ("c" if said["on_delete"] == "cascade" else "a"))


def _indexes(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    whole = [each for each in there["indexes"] if not each["is_partial"]]
    for index in said["indexes"]:
        wanted = ["store_id", *(each for each in index["columns"] if each != "store_id")]
        matching = [each for each in whole if each["columns"][: len(wanted)] == wanted]
        if not matching:
            yield f"there is no index on {wanted}"
        elif index["name"] and index["name"] not in {each["name"] for each in matching}:
            yield f"the index on {wanted} is not named {index['name']}"


def _checks(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    for column, values in said["values"].items():
        held = there["columns"].get(column, {})
        if held.get("type") == "enum":
            if held["labels"] != values:
                yield f"{column} takes {held['labels']}, not {values}"
            continue
        wanted = {*values} | MORE_VALUES.get(column, set())
        if wanted not in [_values(each) for each in _checks_of(there, column)]:
            yield f"{column} is not checked to be one of {sorted(wanted)}"
    for column, (low, high) in said["ranges"].items():
        bounds = [re.findall(r"\d+", each["definition"]) for each in _checks_of(there, column)]
        if [str(low), str(high)] not in bounds:
            yield f"{column} is not checked to be between {low} and {high}"


def _checks_of(table: Table, column: str) -> list[dict[str, Any]]:
    return [each for each in table["checks"] if each["columns"] == [column]]


def _values(check: dict[str, Any]) -> set[str]:
    return set(re.findall(r"'(\w+)'", check["definition"]))


def _triggers(at: tuple[str, str], said: Table, there: Table) -> Iterator[str]:
    moves = [name for name, column in said["columns"].items() if column.get("on_update")]
    if moves and "touch_updated_at" not in there["triggers"]:
        yield f"{moves} do not move when a row changes"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return documents.kept()


def test_kept_facts_are_what_the_documents_say(facts: Facts) -> None:
    if not documents.FOLDER.is_dir():
        pytest.skip(f"the documents are not at {documents.FOLDER}; their kept copy is used")
    assert documents.parse(documents.FOLDER) == facts


def test_documents_were_read_whole(facts: Facts) -> None:
    tables = {context: set(said["tables"]) for context, said in facts.items()}
    assert {context: len(names) for context, names in tables.items()} == {
        "connect": 10,
        "shade": 7,
        "insights": 10,
        "projects": 8,
        "kits": 11,
    }
    assert len(facts["kits"]["functions"]) == 6
    columns = {
        context: sum(len(table["columns"]) for table in said["tables"].values())
        for context, said in facts.items()
    }
    assert columns == {
        "connect": 65,
        "shade": 56,
        "insights": 95,
        "projects": 128,
        "kits": 61,
    }


def test_database_is_what_the_documents_say(facts: Facts, owner: catalogue.Connection) -> None:
    assert compare(facts, catalogue.read(owner)) == []


DAMAGE = {
    "a table is gone": "DROP TABLE connect.try_on_overlay",
    "a column is gone": "ALTER TABLE shade.surveys DROP COLUMN texture_feedback",
    "a kits column is gone": "ALTER TABLE kits.otp_sessions DROP COLUMN attempts",
    "a type is narrower": "ALTER TABLE insights.coupons ALTER code TYPE varchar(50)",
    "a platform number is small": "ALTER TABLE insights.coupons ALTER wc_coupon_id TYPE integer",
    "a ciphertext is short": "ALTER TABLE connect.connector_config ALTER secret TYPE varchar(255)",
    "a column may be null": "ALTER TABLE connect.order_item ALTER price DROP NOT NULL",
    "a column may not be null": "ALTER TABLE insights.orders ALTER subtotal SET NOT NULL",
    "the store may be null": "ALTER TABLE shade.customers DROP CONSTRAINT customers_pkey CASCADE;"
    " ALTER TABLE shade.customers ALTER store_id DROP NOT NULL",
    "a default is gone": "ALTER TABLE insights.stores ALTER plan DROP DEFAULT",
    "a default is another": "ALTER TABLE projects.surfaces ALTER waste_factor SET DEFAULT 0.2",
    "a primary key is gone": "ALTER TABLE kits.otp_sessions DROP CONSTRAINT otp_sessions_pkey",
    "a unique key is gone": "ALTER TABLE kits.customers DROP CONSTRAINT"
    " customers_store_id_email_key",
    "a reference is gone": "ALTER TABLE shade.recommendations DROP CONSTRAINT"
    " recommendations_store_id_survey_id_fkey",
    "a reference does not cascade": "ALTER TABLE insights.order_items DROP CONSTRAINT"
    " order_items_store_id_order_id_fkey; ALTER TABLE insights.order_items ADD FOREIGN KEY"
    " (store_id, order_id) REFERENCES insights.orders (store_id, id)",
    "a reference is not checked": "ALTER TABLE connect.refund_request ALTER CONSTRAINT"
    " refund_request_store_id_order_id_platform_fkey NOT ENFORCED",
    "references are not checked as sets": "ALTER TABLE insights.orders DISABLE TRIGGER"
    " check_new_references",
    "an index is gone": "DROP INDEX connect.idx_platform_product_available",
    "an index has another name": "ALTER INDEX projects.idx_projects_date RENAME TO by_date",
    "an index covers only some rows": "DROP INDEX kits.idx_otp_sessions_phone; CREATE INDEX"
    " idx_otp_sessions_phone ON kits.otp_sessions (store_id, phone) WHERE NOT verified",
    "a check is gone": "ALTER TABLE connect.refund_request DROP CONSTRAINT"
    " refund_request_status_check",
    "a check allows more": "ALTER TABLE kits.order_tracking DROP CONSTRAINT"
    " order_tracking_status_check; ALTER TABLE kits.order_tracking ADD CHECK (status IN"
    " ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'lost'))",
    "a range is wider": "ALTER TABLE shade.surveys DROP CONSTRAINT"
    " surveys_shade_fit_rating_check; ALTER TABLE shade.surveys ADD CHECK"
    " (shade_fit_rating BETWEEN 0 AND 5)",
    "an enum has one more": "ALTER TYPE projects.urgency_level ADD VALUE 'whenever'",
    "updated_at stands still": "DROP TRIGGER touch_updated_at ON projects.surfaces",
    "quote numbers are not kept": "DROP TRIGGER keep_quote_number ON projects.quotes",
    "a function is gone": "DROP FUNCTION kits.cleanup_expired_otps()",
    "a function has another argument": "DROP FUNCTION kits.get_batch_statistics(uuid);"
    " CREATE FUNCTION kits.get_batch_statistics(batch uuid) RETURNS int LANGUAGE sql RETURN 1",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_database_is_noticed(
    damage: str, facts: Facts, owner: catalogue.Connection
) -> None:
    with owner.transaction(force_rollback=True):
        # Rows of other tests may not fit what the damage makes of their columns.
        owner.execute("TRUNCATE backshop.stores CASCADE")
        owner.execute(damage.encode())
        assert compare(facts, catalogue.read(owner))


CHANGES: dict[str, Callable[[Facts], object]] = {
    "one more table": lambda f: f["kits"]["tables"].update(
        parcels=copy.deepcopy(f["kits"]["tables"]["order_tracking"])
    ),
    "one more column": lambda f: f["insights"]["tables"]["orders"]["columns"].update(
        weight={"type": "integer", "nullable": True, "default": None}
    ),
    "one more function": lambda f: f["kits"]["functions"].update(close_batch=["batch_uuid"]),
    "one more index": lambda f: f["connect"]["tables"]["order_item"]["indexes"].append(
        {"name": None, "columns": ["price"]}
    ),
    "one more reference": lambda f: f["shade"]["tables"]["discounts"]["foreign_keys"].append(
        {"columns": ["discount_code"], "table": "surveys", "on_delete": None}
    ),
    "one more unique key": lambda f: f["shade"]["tables"]["surveys"]["unique"].append(
        ["customer_id"]
    ),
    "one more value": lambda f: f["insights"]["tables"]["stores"]["values"]["plan"].append("gold"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_document_gains_is_missed(
    change: Callable[[Facts], object], facts: Facts, owner: catalogue.Connection
) -> None:
    changed = copy.deepcopy(facts)
    change(changed)
    assert len(compare(changed, catalogue.read(owner))) == 1


def test_every_reference_has_an_index(owner: catalogue.Connection) -> None:
    """Postgres makes none by itself; without one, deleting a parent reads the whole child table."""
    bare = [
        f"{schema}.{name} {key['columns']}"
        for schema, said in catalogue.read(owner).items()
        for name, table in said["tables"].items()
        for key in table["foreign_keys"]
        if not any(
            set(index["columns"][: len(key["columns"])]) == set(key["columns"])
            for index in table["indexes"]
            if not index["is_partial"]
        )
    ]
    assert bare == []


def test_every_reference_is_within_its_store(owner: catalogue.Connection) -> None:
    """A reference that leaves out store_id would let a row point at another store's."""
    loose = [
        f"{schema}.{name} {key['columns']}"
        for schema, said in catalogue.read(owner).items()
        for name, table in said["tables"].items()
        for key in table["foreign_keys"]
        if "store_id" not in key["columns"] and key["columns"] != ["id"]
    ]
    assert loose == []


def test_no_context_refers_to_another(owner: catalogue.Connection) -> None:
    outside = [
        f"{schema}.{name} -> {key['schema']}.{key['table']}"
        for schema, said in catalogue.read(owner).items()
        for name, table in said["tables"].items()
        for key in table["foreign_keys"]
        if schema != "backshop" and key["schema"] not in (schema, "backshop")
    ]
    assert outside == []
