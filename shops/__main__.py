"""`python -m shops {woocommerce,shopify,vendure}`: serve one shop on loopback."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import pickle
import socket
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from shops.generator import (
    NIGERIA,
    PLACES,
    SRI_LANKA,
    Plan,
    fill,
    fill_from_invoices,
)
from shops.service import Platform, Service, serve
from shops.shop import Shop, micros
from shops.webhooks import Courier

Make = Callable[[argparse.Namespace, Courier, str, Shop | None], Platform]


def main(arguments: list[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    started = time.monotonic()
    sock = socket.create_server(("127.0.0.1", args.port), backlog=256)
    scheme = "https" if args.tls else "http"
    site = f"{scheme}://127.0.0.1:{sock.getsockname()[1]}"

    async def run() -> None:
        courier = Courier(args.time_scale)
        gc.disable()
        saved = _saved(args.state) if args.state else {}
        platform = args.make(args, courier, site, saved.get("shop"))
        platform.hooks.all.update(saved.get("webhooks", {}))
        if args.state and not saved:
            _save(args.state, platform)
        gc.enable()
        gc.freeze()
        seconds = time.monotonic() - started
        count = len(platform.shop.orders)
        print(f"{args.platform}: {count:,} orders at {site} after {seconds:.1f} s", file=sys.stderr)
        tls = _tls(args.tls) if args.tls else None
        await serve(Service(platform, courier), sock, tls, with_parent=args.with_parent)
        if args.state:
            _save(args.state, platform)

    asyncio.run(run())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shops", description=__doc__)
    kinds = parser.add_subparsers(dest="platform", required=True)
    woo = _common(kinds.add_parser("woocommerce", help="WooCommerce 11, REST v3"), _woocommerce)
    woo.add_argument("--time-zone", default="America/New_York", help="the shop's own")
    woo.add_argument("--api-key", default="ck_local", help="consumer key")
    woo.add_argument("--secret", default="cs_local", help="consumer secret")
    woo.add_argument(
        "--plain-http",
        action="store_true",
        help="take OAuth 1.0a only, as a shop without TLS does",
    )
    woo.add_argument("--delivery-delay", type=float, default=0.0, help="seconds before webhooks go")
    shopify = _common(kinds.add_parser("shopify", help="Shopify, GraphQL 2026-10"), _shopify)
    shopify.add_argument("--time-zone", default="America/New_York")
    shopify.add_argument("--domain", default="local-shop.myshopify.com")
    shopify.add_argument("--token", default="shpat_local", help="permanent token; '' for none")
    shopify.add_argument("--client-id", default="local_client")
    shopify.add_argument("--client-secret", default="shpss_local", help="also signs webhooks")
    shopify.add_argument("--bucket", type=float, default=2000.0, help="cost points at most")
    shopify.add_argument("--restore", type=float, default=100.0, help="cost points a second")
    shopify.add_argument("--bulk-seconds", type=float, default=0.5, help="a bulk operation takes")
    vendure = _common(kinds.add_parser("vendure", help="Vendure 3.7 with the plugin"), _vendure)
    vendure.set_defaults(places="sri-lanka", catalogue="kits", currency="LKR")
    vendure.add_argument("--username", default="superadmin")
    vendure.add_argument("--password", default="superadmin")
    vendure.add_argument("--api-key", default="local:vendure", help="vendure-api-key header")
    vendure.add_argument("--carts", type=float, default=0.1, help="share of orders that are carts")
    vendure.add_argument("--custom-fields", type=Path, help="JSON, in place of the plugin's own")
    vendure.add_argument(
        "--race-seconds",
        type=float,
        default=0.0,
        help="mutations save so much later than they read: concurrent writes get lost",
    )
    vendure.add_argument("--delivery-delay", type=float, default=0.0, help="events, at most")
    vendure.add_argument("--duplicates", type=float, default=0.0, help="share of events sent twice")
    vendure.add_argument("--list-limit", type=int, default=1000, help="its adminListQueryLimit")
    vendure.add_argument("--money-precision", type=int, default=2, help="its MoneyStrategy's")
    return parser


def _common(parser: argparse.ArgumentParser, make: Make) -> argparse.ArgumentParser:
    parser.set_defaults(make=make)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free one")
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--customers", type=int, default=0, help="0: one for four orders")
    parser.add_argument("--products", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same shop")
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--until", default="", help="time of the newest order, ISO 8601")
    parser.add_argument("--places", choices=("america", "sri-lanka", "nigeria"), default="america")
    parser.add_argument("--catalogue", choices=("general", "shades", "kits"), default="general")
    parser.add_argument(
        "--invoices",
        type=Path,
        help="fill from this gzipped CSV of invoices instead of generating; --orders limits it",
    )
    parser.add_argument("--time-scale", type=float, default=1.0, help="0.001: retries in a wink")
    parser.add_argument(
        "--first-id", type=int, default=0, help="of every kind of record (0: the platform's own)"
    )
    parser.add_argument("--empty", action="store_true", help="no products, customers or orders")
    parser.add_argument("--tls", type=Path, help="answer over TLS, with this certificate and key")
    parser.add_argument(
        "--state", type=Path, help="keep the shop in this file from one run to the next"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="end when standard input is closed"
    )
    return parser


def _tls(pem: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


def _saved(path: Path) -> dict[str, Any]:
    """What an earlier run kept; nothing where there was none."""
    if not path.exists():
        return {}
    saved: dict[str, Any] = pickle.loads(path.read_bytes())  # noqa: S301 - written below
    return saved


def _save(path: Path, platform: Platform) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = pickle.dumps({"shop": platform.shop, "webhooks": platform.hooks.all})
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _fill(shop: Shop, args: argparse.Namespace, **changes: Any) -> None:
    if args.first_id:
        shop.ids.begin_at(args.first_id)
    if args.empty:
        return
    until = micros(args.until) if args.until else 0
    if args.invoices:
        if not args.invoices.is_file():
            raise SystemExit(f"there are no invoices at {args.invoices}: leave --invoices out")
        fill_from_invoices(shop, args.invoices, limit=args.orders, until=until)
        return
    places = {"america": PLACES, "sri-lanka": SRI_LANKA, "nigeria": NIGERIA}[args.places]
    plan = Plan(
        orders=args.orders,
        customers=args.customers,
        products=args.products,
        seed=args.seed,
        until=until,
        places=places,
        catalogue=args.catalogue,
        tax=Decimal(10),
    )
    fill(shop, replace(plan, **changes))


def _woocommerce(
    args: argparse.Namespace, courier: Courier, site: str, kept: Shop | None
) -> Platform:
    from shops import woocommerce
    from shops.woocommerce.auth import Keys
    from shops.woocommerce.server import WooCommerce

    shop = kept or woocommerce.new_shop(currency=args.currency, seed=args.seed)
    if kept is None:
        _fill(shop, args)
    keys = Keys(args.api_key, args.secret, plain_http=args.plain_http)
    server = WooCommerce(shop, courier, site, args.time_zone, keys, args.delivery_delay)
    server.warm()
    return server


def _shopify(args: argparse.Namespace, courier: Courier, site: str, kept: Shop | None) -> Platform:
    from shops import shopify
    from shops.shopify.server import Setup, Shopify

    shop = kept or shopify.new_shop(currency=args.currency, seed=args.seed)
    if kept is None:
        _fill(shop, args)
    setup = Setup(
        site,
        args.domain,
        args.time_zone,
        args.token,
        args.client_id,
        args.client_secret,
        args.bucket,
        args.restore,
        args.bulk_seconds,
        shopify.FIRST_ID,
    )
    return Shopify(shop, courier, setup)


def _vendure(args: argparse.Namespace, courier: Courier, site: str, kept: Shop | None) -> Platform:
    from shops import vendure
    from shops.vendure.server import Setup, Vendure

    shop = kept or vendure.new_shop(currency=args.currency, seed=args.seed)
    if kept is None:
        _fill(shop, args, carts=args.carts, taxed_shipping=False)
    fields = json.loads(args.custom_fields.read_text()) if args.custom_fields else None
    setup = Setup(
        site,
        args.username,
        args.password,
        args.api_key,
        fields,
        args.race_seconds,
        args.delivery_delay,
        args.duplicates,
        args.money_precision,
        args.list_limit,
    )
    return Vendure(shop, courier, setup)


if __name__ == "__main__":
    sys.exit(main())
