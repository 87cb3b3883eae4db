"""Preflights: an origin that a store allows, and nobody else."""

from __future__ import annotations


def test_an_origin_that_a_store_allows_may_call(load, event, context, owner, store):
    origin = f"https://{store}.example.com"
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || jsonb_build_object(
             'allowed_origins', jsonb_build_array(%s::text)) WHERE id = %s""",
        [origin, store],
    )
    function = load("cors")
    request = event("cors/preflight")
    request["headers"]["origin"] = origin
    answer = function.handler(request, context)
    assert answer["statusCode"] == 204
    assert answer["headers"]["Access-Control-Allow-Origin"] == origin
    for other in ("https://evil.example.com", "null", "", origin + ".example.net", "%"):
        request["headers"]["origin"] = other
        answer = function.handler(request, context)
        assert "Access-Control-Allow-Origin" not in answer["headers"]


def test_an_answer_is_readable_for_the_store_s_own_origins_only(
    load, event, context, owner, new_store
):
    mine, other = new_store(), new_store()
    for each in (mine, other):
        owner.execute(
            """UPDATE backshop.stores SET settings = settings || jsonb_build_object(
                 'allowed_origins', jsonb_build_array(%s::text)) WHERE id = %s""",
            [f"https://{each}.example.com", each],
        )
    function = load("connectors")
    request = event("connectors/list")
    caller = {"kind": "store", "id": str(mine), "store_id": str(mine), "scopes": "store"}
    request["requestContext"]["authorizer"] = {"lambda": caller}
    for origin, readable in ((mine, True), (other, False)):
        request["headers"]["origin"] = f"https://{origin}.example.com"
        headers = function.handler(request, context)["headers"]
        assert ("Access-Control-Allow-Origin" in headers) is readable
        assert headers["Vary"] == "Origin"
