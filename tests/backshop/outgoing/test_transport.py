"""A call has an end and a size, whatever the server does; against servers that misbehave."""

import gzip
import json
import resource
import socket
import time
import zlib

import httpx
import pytest
from backshop.outgoing import transport
from backshop.platforms import api
from backshop.platforms.api import Deadline
from backshop.platforms.errors import TransientFailure, TransientOutage, Unanswered, was_slow
from backshop.senders import Doubtful, web

from tests.slow_shop import HEAD, drips, sends, serving


def ask(url, seconds=1.0, **options):
    with api.connect(url) as client:
        return api.send(client, Deadline(lambda: seconds), "GET", "/", **options)


DRIPPING = [
    pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", id="headers"),
    pytest.param(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", id="body"),
    pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="chunks"),
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers"),
]


@pytest.mark.parametrize(("before", "drop"), DRIPPING)
def test_a_shop_that_drips_is_left_in_time(before, drop):
    with serving(drips(before, drop)) as url, pytest.raises(TransientFailure) as failed:
        ask(url)
    assert failed.value.is_slow, "left by our limit, and not because the shop had ended"


def test_the_limit_of_each_read_alone_waits_for_ever():
    """The control: the same server, and httpx with the same second for each read."""
    before, drop = HEAD + b"Content-Length: 100000\r\n\r\n", b" "
    begun = time.monotonic()
    with (
        serving(drips(before, drop)) as url,
        httpx.Client(trust_env=False) as client,
        client.stream("GET", url, timeout=1.0) as answer,
    ):
        for _ in answer.iter_raw():
            if time.monotonic() - begun > 3:
                return
    pytest.fail("httpx gave up by itself")


def test_a_shop_that_takes_a_request_slowly_is_left_in_time():
    def answer(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(1200):
            connection.recv(1000)
            time.sleep(0.05)

    with serving(answer) as url, pytest.raises(TransientFailure) as failed:
        ask(url, content=b"x" * 50_000_000)
    assert failed.value.is_slow


def test_small_bodies_that_unpack_to_huge_ones_are_left_early():
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(600)) + packer.flush()
    assert len(bomb) < 700_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        serving(sends(bomb, b"Content-Encoding: gzip\r\n")) as url,
        pytest.raises(TransientFailure) as failed,
    ):
        ask(url, 20.0)
    assert failed.value.is_too_large
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 * 1024, f"{grown} kB for an answer of which 32 MB are read"


def test_packed_twice_is_not_unpacked():
    twice = gzip.compress(gzip.compress(bytes(1024 * 1024)))
    with (
        serving(sends(twice, b"Content-Encoding: gzip, gzip\r\n")) as url,
        pytest.raises(TransientFailure),
    ):
        ask(url)


@pytest.mark.parametrize("has_length", [True, False])
def test_an_answer_without_end_is_left_early(has_length):
    def answer(connection):
        length = f"Content-Length: {10**12}\r\n" if has_length else "Connection: close\r\n"
        connection.sendall(HEAD + length.encode() + b"\r\n")
        while True:
            connection.sendall(bytes(1024 * 1024))

    with serving(answer) as url, pytest.raises(TransientFailure) as failed:
        ask(url, 20.0)
    assert failed.value.is_too_large


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        (b"gzip", gzip.compress),
        (b"GZIP", gzip.compress),
        (b"x-gzip", gzip.compress),
        (b"deflate", zlib.compress),
        (b"identity", bytes),
    ],
)
def test_what_is_packed_well_is_read(encoding, pack):
    content = json.dumps([{"id": number, "text": "ü" * 50} for number in range(5000)]).encode()
    headers = b"Content-Encoding: " + encoding + b"\r\n"
    with serving(sends(pack(content), headers)) as url:
        assert ask(url).body == content


@pytest.mark.parametrize("kept", [1, 5, 20, 200])
def test_a_packed_body_that_was_cut_is_asked_for_again(kept):
    content = json.dumps([{"id": number} for number in range(5000)]).encode()
    packed = gzip.compress(content)[:kept]
    with (
        serving(sends(packed, b"Content-Encoding: gzip\r\n")) as url,
        pytest.raises(TransientFailure, match="cut short") as failed,
    ):
        ask(url)
    assert not failed.value.is_too_large


def test_a_shop_that_never_answers_is_asked_twice_and_left():
    tried = []

    def call():
        tried.append(1)
        raise TransientFailure("it did not answer in time", is_slow=True)

    with pytest.raises(TransientOutage) as outage:
        api.with_retries(call, Deadline(sleep=lambda _: None))
    assert len(tried) == api.SLOW_TRIES == 2
    assert was_slow(outage.value)


def test_what_is_too_large_is_asked_for_in_parts_at_once():
    tried = []

    def call():
        tried.append(1)
        raise TransientFailure("its answer is too large", is_too_large=True)

    with pytest.raises(Unanswered):
        api.with_retries(call, Deadline(sleep=lambda _: None))
    assert len(tried) == 1


def test_connections_are_kept_between_calls():
    connections = []

    def answer(connection):
        connections.append(1)
        for _ in range(3):
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
            connection.recv(65536)

    with serving(answer) as url, api.connect(url) as client:
        for _ in range(3):
            assert api.send(client, Deadline(), "GET", "/").body == b"{}"
    assert len(connections) == 1


def test_a_call_after_a_slow_one_has_all_its_time_again():
    with serving(sends(b"{}")) as url, transport.client() as client:
        assert client.get(url, **transport.limits(5.0)).content == b"{}"
        dripping = drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")
        with serving(dripping) as slow, pytest.raises(httpx.ReadTimeout):
            client.get(slow, **transport.limits(0.3))
        assert client.get(url, **transport.limits(5.0)).content == b"{}"


def test_a_provider_of_sms_that_drips_is_left_in_time(monkeypatch):
    monkeypatch.setattr(web, "SECONDS", 1.0)
    with (
        serving(drips(HEAD + b"Content-Length: 100000\r\n\r\n", b" ")) as url,
        pytest.raises(Doubtful),
    ):
        web.post("text.lk", url, json={})
