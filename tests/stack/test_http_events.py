"""Requests to events and answers to responses, as an HTTP API of API Gateway makes them."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local import http_events as http

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def request(
    target: str = "/a", method: str = "POST", body: bytes = b"", **headers: str
) -> http.Request:
    pairs = [(name.replace("_", "-"), said) for name, said in headers.items()]
    return http.Request(method, target, pairs, body, "127.0.0.1", "id", AT)


def event(came: http.Request, path: str = "/{proxy+}") -> dict[str, Any]:
    match = http.find([http.Route("ANY", path, "f")], came.method, came.raw_path)
    assert match is not None
    return http.event(came, match, account="0")


ROUTES = [
    http.Route("ANY", "$default", "default"),
    http.Route("ANY", "/{proxy+}", "greedy"),
    http.Route("ANY", "/orders/{proxy+}", "orders greedy"),
    http.Route("GET", "/orders/{code}", "code"),
    http.Route("GET", "/orders/open", "open"),
    http.Route("ANY", "/orders/open", "any open"),
    http.Route("POST", "/{a}/{b}", "two"),
]


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/orders/open", "open", {}),
        ("PUT", "/orders/open", "any open", {}),
        ("GET", "/orders/K-1", "code", {"code": "K-1"}),
        ("GET", "/orders/a%20b%2Fc", "code", {"code": "a b/c"}),
        ("PUT", "/orders/K-1", "orders greedy", {"proxy": "K-1"}),
        ("POST", "/shops/x", "two", {"a": "shops", "b": "x"}),
        ("GET", "/orders/1/lines", "orders greedy", {"proxy": "1/lines"}),
        ("GET", "/orders/", "orders greedy", {"proxy": ""}),
        ("GET", "/shops/", "greedy", {"proxy": "shops/"}),
        ("GET", "/", "default", {}),
    ],
)
def test_the_most_specific_route_wins(
    method: str, path: str, function: str, parameters: dict[str, str]
) -> None:
    match = http.find(ROUTES, method, path)
    assert match is not None
    assert (match.route.function, match.parameters) == (function, parameters)


def test_no_route_of_another_method_or_depth() -> None:
    routes = [http.Route("GET", "/orders/{code}", "f")]
    for method, path in (("POST", "/orders/1"), ("GET", "/orders"), ("GET", "/orders/1/2")):
        assert http.find(routes, method, path) is None


def test_an_event_of_payload_format_2() -> None:
    came = request(
        "/a%20b/c?x=1&x=2&y=%C3%A4&empty=",
        body=b'{"a":1}',
        Content_Type="application/json",
        X_Custom="one",
        x_custom="two",
        Cookie="a=1; b=2",
        Host="shop.example.com",
        User_Agent="test",
    )
    made = event(came)
    assert made["version"] == "2.0"
    assert made["routeKey"] == "ANY /{proxy+}"
    assert made["rawPath"] == "/a b/c"
    assert made["rawQueryString"] == "x=1&x=2&y=%C3%A4&empty="
    assert made["queryStringParameters"] == {"x": "1,2", "y": "ä", "empty": ""}
    assert made["pathParameters"] == {"proxy": "a b/c"}
    assert made["headers"]["x-custom"] == "one,two"
    assert "cookie" not in made["headers"]
    assert made["cookies"] == ["a=1", "b=2"]
    assert (made["body"], made["isBase64Encoded"]) == ('{"a":1}', False)
    context = made["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/a b/c",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test",
    }
    assert (context["time"], context["timeEpoch"]) == ("01/Mar/2026:12:00:00 +0000", 1772366400000)
    assert context["requestId"] == "id"


def test_the_path_ends_at_a_decoded_question_mark() -> None:
    assert event(request("/a%3Fb=c"))["rawPath"] == "/a"


@pytest.mark.parametrize(
    ("content_type", "is_text"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("text/csv", True),
        ("application/x-www-form-urlencoded", False),
        ("application/problem+json", False),
        ("application/jsonlines", False),
        ("image/png", False),
        (None, False),
    ],
)
def test_which_bodies_are_base64(content_type: str | None, is_text: bool) -> None:
    headers = {"Content_Type": content_type} if content_type else {}
    made = event(request(body="ä=1".encode(), **headers))
    assert made["isBase64Encoded"] is not is_text
    assert made["body"] == ("ä=1" if is_text else base64.b64encode("ä=1".encode()).decode())


def test_an_empty_body_is_none() -> None:
    made = event(request(Content_Type="application/json"))
    assert "body" not in made
    assert made["isBase64Encoded"] is False


def test_an_authorizer_gets_no_body_and_its_identity() -> None:
    came = request("/a", body=b"{}", Authorization="Bearer x")
    match = http.find([http.Route("ANY", "/a", "f")], "POST", "/a")
    assert match is not None
    made = http.authorizer_event(came, match, ["Bearer x"], account="0", region="r")
    assert made["type"] == "REQUEST"
    assert made["identitySource"] == ["Bearer x"]
    assert made["routeArn"] == "arn:aws:execute-api:r:0:local/$default/POST/a"
    assert "body" not in made


def respond(answer: Any) -> http.Response:
    return http.response(json.dumps(answer).encode())


def test_an_answer_without_a_status_is_a_body() -> None:
    assert respond({"a": 1}) == http.Response(
        200, (("content-type", "application/json"),), b'{"a": 1}'
    )
    assert respond("text").body == b'"text"'


def test_a_whole_answer() -> None:
    said = respond(
        {
            "statusCode": 201,
            "headers": {"X-One": 1, "Content-Length": "99", "Content-Type": "image/png"},
            "cookies": ["a=1", "b=2"],
            "body": base64.b64encode(b"\xff\x00").decode(),
            "isBase64Encoded": True,
        }
    )
    assert (said.status, said.body) == (201, b"\xff\x00")
    assert sorted(said.headers) == [
        ("content-type", "image/png"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-one", "1"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "many"},
        {"statusCode": None},
        {"statusCode": 42},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "headers": ["no", "map"]},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
    ],
)
def test_bad_answers(answer: Any) -> None:
    with pytest.raises(http.BadAnswer):
        respond(answer)


CORS = http.Cors(
    origins=["https://shop.example.com"],
    methods=["GET", "POST"],
    headers=["authorization"],
    exposed=["x-total"],
    max_age=60,
)


def test_cors_preflight() -> None:
    said = http.preflight(CORS, request(method="OPTIONS", Origin="https://shop.example.com"))
    assert (said.status, dict(said.headers)) == (
        204,
        {
            "access-control-allow-origin": "https://shop.example.com",
            "vary": "origin",
            "access-control-allow-methods": "GET,POST",
            "access-control-allow-headers": "authorization",
            "access-control-max-age": "60",
        },
    )
    assert http.preflight(CORS, request(Origin="https://other.example.com")).headers == ()


def test_the_api_replaces_the_functions_own_cors_headers() -> None:
    own = http.Response(200, [("access-control-allow-origin", "*"), ("x-total", "3")])
    said = http.with_cors(CORS, request(Origin="https://shop.example.com"), own)
    assert dict(said.headers) == {
        "access-control-allow-origin": "https://shop.example.com",
        "vary": "origin",
        "access-control-expose-headers": "x-total",
        "x-total": "3",
    }
    assert http.with_cors(CORS, request(), own).headers == [("x-total", "3")]
