"""Whom functions may call: what is public, however it is written, and nothing else."""

import socket

import httpcore
import pytest
from backshop.outgoing import addresses
from backshop.platforms import api
from backshop.platforms.errors import PermanentRefusal, TransientFailure, TransientOutage
from backshop.platforms.shopify import bulk

PUBLIC = "93.184.215.14"


@pytest.fixture(autouse=True)
def _in_aws(monkeypatch):
    monkeypatch.setenv("LOCAL_SHOPS", "no")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "169.254.169.254", "192.0.0.8", "198.18.0.1", "203.0.113.7", "224.0.0.1", "233.252.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:93.184.215.14", "64:ff9b::7f00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:53aa:64c:0:fffb:80ff:fffe", "2001:db8::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1",
        "5f00::1", "127.1", "shop.example.com", "",
    ],
)  # fmt: skip
def test_what_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_public(address):
    assert addresses.is_public(address)


@pytest.fixture
def connected(monkeypatch):
    """Addresses that would have been connected to."""
    asked = []

    def connect_tcp(_self, host, port, *_options):
        asked.append((host, port))
        raise httpcore.ConnectError("nothing is there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    return asked


def resolving(monkeypatch, *answers):
    """Each look-up is answered with the next list of addresses."""
    waiting = list(answers)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, port, **_: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in waiting.pop(0)
        ],
    )


def ask(url):
    with api.connect(url) as client:
        return api.send(client, api.Deadline(), "GET", "/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1", "http://127.0.0.1", "http://0x7f.1", "http://2130706433", "http://0177.0.0.1",
        "http://0", "http://[::1]", "http://[64:ff9b::7f00:1]", "http://[::ffff:10.0.0.1]",
        "http://169.254.169.254", "https://[fd00:ec2::254]", "http://localhost",
    ],
)  # fmt: skip
def test_an_inner_address_is_not_called_however_it_is_written(url, connected):
    with pytest.raises(PermanentRefusal, match="public address"):
        ask(url)
    assert connected == []


def test_a_name_is_judged_by_what_it_resolves_to(connected, monkeypatch):
    resolving(monkeypatch, ["127.0.0.1"])
    with pytest.raises(PermanentRefusal, match="public address"):
        ask("https://127.0.0.1.nip.example.com")
    assert connected == []


def test_only_public_addresses_of_a_name_are_connected_to(connected, monkeypatch):
    resolving(monkeypatch, ["10.0.0.1", PUBLIC, "127.0.0.1"])
    with pytest.raises(TransientFailure):
        ask("https://shop.example.com")
    assert connected == [(PUBLIC, 443)]


def test_a_name_that_resolves_anew_is_not_looked_up_twice(connected, monkeypatch):
    """The address that was judged is the one that is connected to."""
    resolving(monkeypatch, [PUBLIC], ["127.0.0.1"])
    with pytest.raises(TransientFailure):
        ask("http://shop.example.com")
    assert connected == [(PUBLIC, 80)]
    with pytest.raises(PermanentRefusal):
        ask("http://shop.example.com")
    assert connected == [(PUBLIC, 80)]


@pytest.mark.parametrize("port", [22, 25, 3306, 5432, 6379, 8080, 9200])
def test_other_ports_than_the_webs_are_not_called(port, connected, monkeypatch):
    resolving(monkeypatch, [PUBLIC], [PUBLIC])
    with pytest.raises(PermanentRefusal, match=f"port {port}"):
        ask(f"https://shop.example.com:{port}")
    assert connected == []
    monkeypatch.setenv("SHOP_PORTS", f"8443, {port}")
    with pytest.raises(TransientFailure):
        ask(f"https://shop.example.com:{port}")
    assert connected == [(PUBLIC, port)]


def test_the_setting_of_a_laptop_counts_for_nothing_in_aws(connected, monkeypatch):
    monkeypatch.setenv("LOCAL_SHOPS", "yes")
    with pytest.raises(TransientFailure):
        ask("http://127.0.0.1:9")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sync_run")
    with pytest.raises(PermanentRefusal):
        ask("http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sqs.eu-central-1.amazonaws.com")
    with pytest.raises(PermanentRefusal):
        ask("http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    with pytest.raises(TransientFailure):
        ask("http://127.0.0.1:9")


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.googleapis.com/shopify/result.jsonl",
        "https://storage.googleapis.com.example.com/result.jsonl",
        "https://evilstorage.googleapis.com/result.jsonl",
        "https://storage.googleapis.com@shop.example.com/result.jsonl",
        "https://storage.googleapis.com:8443/result.jsonl",
        "https://shop.example.com/storage.googleapis.com",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "storage.googleapis.com/result.jsonl",
    ],
)
def test_a_bulk_result_lies_in_googles_storage_alone(url, connected, monkeypatch):
    resolving(monkeypatch, [PUBLIC])
    with pytest.raises(PermanentRefusal, match="storage"):
        next(bulk.orders(url, 0, lambda: 5.0))
    assert connected == []


@pytest.mark.parametrize("host", ["storage.googleapis.com", "a-bucket.storage.googleapis.com"])
def test_a_bulk_result_in_googles_storage_is_fetched(host, connected, monkeypatch):
    resolving(monkeypatch, [PUBLIC])
    with pytest.raises(TransientOutage):
        next(bulk.orders(f"https://{host}/result.jsonl?sig=x", 0, lambda: 5.0))
    assert connected == [(PUBLIC, 443)]
