"""Certificates that no authority has signed, for servers of tests that speak TLS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(
    folder: Path, begins_in: float = -2, ends_in: float = 2, names: Sequence[str] = ()
) -> tuple[Path, Path]:
    """A certificate of its own making for this host, or for `names`, from and to so many days from
    now; a file of it, and one with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    now = datetime.now(UTC)
    of: list[x509.GeneralName] = [x509.DNSName(each) for each in names]
    of = of or [x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins_in))
        .not_valid_after(now + timedelta(days=ends_in))
        .add_extension(x509.SubjectAlternativeName(of), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(shown + private)
    (folder / "shown.pem").write_bytes(shown)
    return folder / "shown.pem", folder / "both.pem"
