"""Calls that the whole OpenAPI allows, and ones that it does not, against the running stack: no
5xx, and no answer that the document does not promise. CALLS=2000 makes fewer."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

CALLS = int(os.environ.get("CALLS", "20000"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
NOWHERE = "http://127.0.0.1:9"
"""In place of the shops' addresses that are made up: nothing leaves this machine."""

CHECKS: dict[str, Any] = {
    # A state of the store may stand against a call that is well formed, and so may ids of nothing.
    "positive_data_acceptance": {
        "expected-statuses": [
            "2xx", "303", "400", "401", "403", "404", "409", "410", "412", "422", "429",
        ]
    },
    # Who has no session is led to where it begins, and a link that ended is gone, whatever else is
    # wrong.
    "negative_data_rejection": {
        "expected-statuses": [
            "303", "400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "429",
        ]
    },
    # An HTTP API of API Gateway answers 404 to a method that no route has, and cannot answer 405.
    "unsupported_method": {"enabled": False},
    # What is made by one call is named in another's path by `known`, not by links of the document.
    "ensure_resource_availability": {"enabled": False},
    "use_after_free": {"enabled": False},
}  # fmt: skip
ENDS = {"DELETE /connectors/{id}", "PATCH /connectors/{id}", "POST /desk/{store}/disconnect"}
"""Routes that would end the shop, or lock it out: they are asked for another one."""


class Known:
    """Ids of what there is, by the names that paths and bodies have for them."""

    def __init__(self, stack: Any) -> None:
        shop = stack.connectors["vendure"]["id"]
        self.ids: dict[str, str] = {"store": shop}
        wanted = {
            "order_id": "SELECT order_id FROM connect.platform_order WHERE store_id = %s",
            "code": "SELECT order_code FROM kits.order_delivery_status WHERE store_id = %s",
            "webhook_id": "SELECT id FROM backshop.received_webhooks WHERE store_id = %s",
            "customer_id": "SELECT customer_id FROM connect.platform_customer WHERE store_id = %s",
            "run_id": "SELECT id FROM insights.sync_logs WHERE store_id = %s",
        }
        with psycopg.connect(stack.database_urls["owner"]) as owner:
            for name, statement in wanted.items():
                row = owner.execute(f"{statement} LIMIT 1".encode(), [shop]).fetchone()
                if row:
                    self.ids[name] = str(row[0])
            tiles = owner.execute(
                """SELECT p.store_id, p.project_id, p.customer_id, r.room_id
                   FROM projects.projects AS p JOIN projects.project_rooms AS r
                     ON (r.store_id, r.project_id) = (p.store_id, p.project_id) LIMIT 1"""
            ).fetchone()
        assert tiles is not None
        self.tile_shop = str(tiles[0])
        self.ids |= dict(
            zip(("project_id", "tile_customer", "room_id"), map(str, tiles[1:]), strict=True)
        )
        self.shop = shop

    def name(self, route: str, parameters: dict[str, Any]) -> None:
        for key in parameters:
            if key == "id" and "/connectors/{id}" in route and route not in ENDS:
                parameters[key] = self.shop
            elif key in self.ids and route not in ENDS:
                parameters[key] = self.ids[key]


def is_the_gateways(answer: Any) -> bool:
    """An answer of the gateway itself, whatever the document says: `{"message": …}`, or the 400 of
    what is no HTTP."""
    if answer.status_code == 400 and "text/plain" in str(answer.headers.get("content-type")):
        return True
    try:
        return bool(json.loads(answer.content or b"null").keys() == {"message"})
    except (ValueError, AttributeError):
        return False


def stay_here(value: Any) -> Any:
    """The body with made-up addresses of shops on this machine."""
    if isinstance(value, dict):
        return {
            key: NOWHERE
            if key in ("store_url", "url") and isinstance(each, str)
            else stay_here(each)
            for key, each in value.items()
        }
    return [stay_here(each) for each in value] if isinstance(value, list) else value


def desk_session(stack: Any) -> str:
    """The cookie of staff who signed in."""
    answer = httpx.post(
        f"{stack.base_url}/desk/sign-in",
        data={"staff_key": stack.staff_key},
        headers={"Sec-Fetch-Site": "same-origin"},
        timeout=40,
    )
    assert answer.status_code == 303, answer.text
    return "; ".join(each.split(";")[0] for each in answer.headers.get_list("set-cookie"))


class Calls:
    """What was called, and what came of it."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack
        self.known, self.cookie = Known(stack), desk_session(stack)
        self.statuses: Counter[int] = Counter()
        self.wrong: dict[str, list[str]] = defaultdict(list)

    def everything(self, number: int) -> None:
        """So many calls over all routes, or some more: those of few variations run out of them."""
        config = SchemathesisConfig.from_dict({"checks": CHECKS})
        schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()), config=config)
        schema.config.update(base_url=self.stack.base_url)
        operations = [each.ok() for each in schema.get_all_operations()]
        for operation in operations:
            self._operation(operation, max(2, -(-number * 11 // (10 * len(operations)))))

    def _operation(self, operation: Any, number: int) -> None:
        good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        route = f"{operation.method.upper()} {operation.path}"

        @seed(18)
        @given(case=st.one_of(good, bad), named=st.booleans())
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def run(case: Any, named: bool) -> None:
            if named:
                self._name(case, route)
            headers = self._headers(operation, named)
            given = {name.lower() for name in case.headers or {}}
            if case.meta.generation.mode.is_negative:
                # What it has wrong, it has wrong: a session or a key would cover it up.
                headers.pop("Cookie", None)
                part = case.meta.components.get(ParameterLocation.HEADER)
                if part is not None and part.mode.is_negative:
                    headers.pop("Authorization")
                headers = {
                    name: each for name, each in headers.items() if name.lower() not in given
                }
            self._call(case, route, headers)

        run()

    def _name(self, case: Any, route: str) -> None:
        """Have it name what there is. A cursor is what the page before gave: none is made up."""
        self.known.name(route, case.path_parameters or {})
        if case.meta.generation.mode.is_positive:
            for name in ("cursor", "store_id"):
                (case.query or {}).pop(name, None)
            (case.headers or {}).pop("x-store-id", None)

    def _headers(self, operation: Any, named: bool) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.stack.staff_key}"}
        if named:
            is_of_tiles = "Projects" in (operation.tags or [])
            headers["X-Store-Id"] = self.known.tile_shop if is_of_tiles else self.known.shop
        if operation.path.startswith("/desk"):
            headers |= {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        return headers

    def _call(self, case: Any, route: str, headers: dict[str, str]) -> None:
        case.body = stay_here(case.body)
        answer = case.call(headers=headers, timeout=60)
        self.statuses[answer.status_code] += 1
        excluded = of_the_document() if is_the_gateways(answer) else []
        try:
            case.validate_response(answer, excluded_checks=excluded)
        except FailureGroup as failed:
            for one in failed.exceptions:
                path = answer.request.url.removeprefix(self.stack.base_url)
                said = f"{type(one).__name__} {answer.status_code} of {path}: {one}"
                self.wrong[route].append(said[:1500])


def of_the_document() -> list[Any]:
    """The checks of an answer's form."""
    from schemathesis.specs.openapi import checks

    return [
        checks.content_type_conformance,
        checks.response_schema_conformance,
        checks.response_headers_conformance,
        checks.status_code_conformance,
    ]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_answer_is_one_that_the_document_promises(stack: Any) -> None:
    calls = Calls(stack)
    calls.everything(CALLS)
    answers = dict(sorted(calls.statuses.items()))
    print(json.dumps({"calls": calls.statuses.total(), "answers": answers}))
    told = [f"{route}: {len(found)}, first {found[0]}" for route, found in calls.wrong.items()]
    assert not told, f"{len(told)} routes\n" + "\n\n".join(told)
    assert calls.statuses.total() >= CALLS
    assert calls.statuses[200] > CALLS / 20
