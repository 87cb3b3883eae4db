"""The Vendure plugin against the schema of Vendure 3.7.3, extended by what it adds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import GraphQLSchema, validate_schema

from shops.vendure import schema as vendure
from shops.vendure.hooks import EVENTS
from tests.contracts.graphql.check import problems

PLUGIN = Path(__file__).parents[2] / "integrations" / "vendure"
KINDS = {
    "order": "BackshopOrder",
    "customer": "BackshopCustomer",
    "product": "BackshopProduct",
    "promotion": "BackshopPromotion",
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return vendure.load()


def test_the_extended_schema_is_valid(schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []


def test_the_schema_has_the_fields_of_the_plugin_and_not_those_of_the_recorded_shop(
    schema: GraphQLSchema,
) -> None:
    order = schema.type_map["OrderCustomFields"].fields  # type: ignore[attr-defined]
    line = schema.type_map["OrderLineCustomFields"].fields  # type: ignore[attr-defined]
    assert set(order) == {"deliveryStage", "trackingNumber", "placedPhone"}
    assert set(line) == {"patchEnabled", "patchType", "printName", "printNumber"}
    changed = schema.type_map["UpdateOrderCustomFieldsInput"].fields  # type: ignore[attr-defined]
    assert set(changed) == set(order) - {"placedPhone"}, "nobody writes it but the plugin"


@pytest.mark.parametrize("kind", KINDS)
def test_what_events_tell_can_be_selected(kind: str, schema: GraphQLSchema) -> None:
    """The fragment of each kind with those it spreads; nothing in it is deprecated."""
    text = (PLUGIN / "events.graphql").read_text()
    wanted = {KINDS[kind]} | ({"BackshopAddress"} if kind == "order" else set())
    fragments = re.findall(r"^fragment (\w+) on \w+ \{.*?^\}", text, re.MULTILINE | re.DOTALL)
    assert set(KINDS.values()) <= set(fragments)
    parts = [
        match[0]
        for match in re.finditer(r"^fragment (\w+) .*?^\}", text, re.MULTILINE | re.DOTALL)
        if match[1] in wanted
    ]
    query = f"query($id: ID!) {{ {kind}(id: $id) {{ ...{KINDS[kind]} }} }}"
    assert problems(schema, "\n".join([query, *parts]), {"id": "1"}) == []


def test_the_list_of_webhooks_can_be_read_and_set(schema: GraphQLSchema) -> None:
    read = "query { backshopWebhooks { url events createdAt lastDeliveredAt lastError } }"
    write = (
        "mutation($webhooks: [BackshopWebhookInput!]!)"
        " { setBackshopWebhooks(webhooks: $webhooks) { url } }"
    )
    hook = {"url": "https://example.com/hook", "secret": "s", "events": ["order.placed"]}
    assert problems(schema, read, None) == []
    assert problems(schema, write, {"webhooks": [hook]}) == []
    assert problems(schema, write, {"webhooks": [{"secret": "s"}]}) != []


def test_the_readme_and_the_code_name_the_same_events() -> None:
    source = (PLUGIN / "src/events.ts").read_text()
    names = set(re.findall(r"'(\w+\.(?:placed|created|updated|deleted))'", source))
    readme = (PLUGIN / "README.md").read_text()
    assert names == EVENTS
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_the_stages_are_those_of_the_data_model() -> None:
    fields = json.loads((PLUGIN / "custom-fields.json").read_text())
    stage = next(field for field in fields["Order"] if field["name"] == "deliveryStage")
    assert stage["options"] == ["ORDER_CONFIRMED", "SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED"]


def test_what_the_code_imports_is_declared() -> None:
    """Installers that keep packages apart (pnpm, Yarn's Plug'n'Play) hand on nothing else."""
    package = json.loads((PLUGIN / "package.json").read_text())
    declared = {*package.get("dependencies", {}), *package["peerDependencies"]}
    imported = {
        name
        for source in (PLUGIN / "src").glob("*.ts")
        for name in re.findall(r"from '([^.'][^']*)'", source.read_text())
    }
    assert imported - {"crypto", "fs", "path"} == declared


def test_packing_builds_and_takes_along_what_is_read() -> None:
    """`npm pack` of a fresh clone: without a build there would be nothing to require."""
    package = json.loads((PLUGIN / "package.json").read_text())
    assert package["scripts"]["prepack"] == "npm run build"
    read = {
        name
        for source in (PLUGIN / "src").glob("*.ts")
        for name in re.findall(r"packageFile\('([^']+)'\)", source.read_text())
    }
    assert read <= set(package["files"])
    assert package["main"].split("/")[0] in package["files"]


def test_no_lock_file_is_kept() -> None:
    """A lock would name the hosts that the packages came from."""
    kept = subprocess.run(
        ["git", "ls-files", "package-lock.json", "yarn.lock"],
        cwd=PLUGIN,
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout == ""


@pytest.mark.skipif(
    not (PLUGIN / "node_modules/@vendure/core").is_dir() or shutil.which("npm") is None,
    reason="the plugin's packages are not there: run `npm install` in integrations/vendure",
)
def test_it_compiles_against_vendure_and_its_own_tests_pass() -> None:
    done = subprocess.run(
        ["npm", "test"], cwd=Path(PLUGIN), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"# pass [1-9]\d*", done.stdout)
