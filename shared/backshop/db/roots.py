"""Which root certificates a database's own certificate is checked against."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

RDS = Path(__file__).with_name("rds-roots.pem")
"""Amazon's roots for RDS and Aurora, of every region; `make certificates` writes them."""


def named(url: str) -> str:
    """The URL with `sslrootcert` added where the server is to be verified and no roots are named.

    RDS and Aurora have roots of their own. RDS Proxy and other hosts have certificates that the
    public roots vouch for, which come with certifi: libpq's `sslrootcert=system` looks where the
    machine that built it kept its roots, which no Lambda has.
    """
    where = urlsplit(url)
    params = parse_qs(where.query)
    if not params.get("sslmode", [""])[-1].startswith("verify-") or "sslrootcert" in params:
        return url
    file = urlencode({"sslrootcert": str(RDS) if _is_rds(where.hostname or "") else _public()})
    return where._replace(query=f"{where.query}&{file}").geturl()


def _is_rds(host: str) -> bool:
    """Endpoints of proxies hold `.proxy-` where those of clusters and instances do not."""
    in_rds = host.endswith((".rds.amazonaws.com", ".rds.amazonaws.com.cn"))
    return in_rds and ".proxy-" not in host


def _public() -> str:
    import certifi

    return certifi.where()
