"""E-mails and SMS in a store's look and language: one layout, the words by language and kind.

The words are in `mails/<language>.json`; a test holds every language to the kinds and places of the
first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from backshop import commerce
from backshop.senders import Attachment
from backshop.stores.models import PageSettings
from backshop.web.pages import colours, texts

WORDS = Path(__file__).with_name("mails")
NEUTRAL = "#0a5ea8"


class Brand(NamedTuple):
    """Whose mail it is."""

    name: str
    settings: PageSettings
    zone: str


class Mail(NamedTuple):
    """An e-mail, and the same as an SMS; `headers` go with the e-mail."""

    subject: str
    text: str
    html: str
    short: str
    headers: dict[str, str]
    attachments: tuple[Attachment, ...] = ()


def brand_of(shop: commerce.Store) -> Brand:
    """As the merchant calls it, or its host."""
    settings = PageSettings.model_validate(shop.settings.get("pages") or {})
    name = str(shop.settings.get("name") or shop.url.partition("://")[2])
    return Brand(name, settings, shop.time_zone)


def write(
    kind: str,
    brand: Brand,
    link: str,
    *,
    name: str | None = None,
    stop_url: str | None = None,
    **values: Any,
) -> Mail:
    """A mail of a kind. `stop_url` unsubscribes with one click (RFC 8058)."""
    words = words_of(brand.settings.language)
    places = {"shop": brand.name, "link": link} | {
        field: _said(value, words, brand.zone) for field, value in values.items()
    }
    own = words[kind]
    named = (name or "").strip()
    greeting = (
        words["hello"].format(name=named) if commerce.is_name(named) else words["hello_nobody"]
    )
    return laid_out(
        brand,
        own["subject"].format(**places),
        [greeting, *(line.format(**places) for line in own["lines"])],
        own["button"].format(**places),
        link,
        short=own["short"].format(**places),
        stop_url=stop_url,
    )


def laid_out(
    brand: Brand,
    subject: str,
    lines: Sequence[str],
    button: str,
    link: str,
    *,
    short: str = "",
    stop_url: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Mail:
    """A mail whose words are somebody else's, such as a quote's letter."""
    words = words_of(brand.settings.language)
    colour = brand.settings.colour or NEUTRAL
    shown = {
        "lang": brand.settings.language,
        "subject": subject,
        "lines": lines,
        "button": button,
        "link": link,
        "shop": brand.name,
        "colour": colour,
        "on_colour": colours.on(colour),
        "help": brand.settings.help,
        "stop_url": stop_url,
        "stop": words["stop"].format(shop=brand.name),
        "stop_link": words["stop_link"],
    }
    return Mail(
        subject=" ".join(subject.split()),
        text=_layouts().get_template("mail.txt").render(shown),
        html=_layouts().get_template("mail.html").render(shown),
        short=short,
        headers=_one_click(stop_url) if stop_url else {},
        attachments=attachments,
    )


@cache
def words_of(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORDS / f"{language}.json").read_text())
    return found


def _said(value: Any, words: dict[str, Any], zone: str) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(ZoneInfo(zone))
        return str(
            words["moment"].format(
                day=local.day,
                month=words["months"][local.month - 1],
                year=local.year,
                time=f"{local:%H:%M}",
            )
        )
    if isinstance(value, tuple):
        amount, currency = value
        return _money(amount, currency)
    return str(value)


def _money(amount: Decimal, currency: str) -> str:
    """Without decimals that are zero: a headline, not an account."""
    return texts.money(amount, currency).removesuffix(".00").replace("\N{NO-BREAK SPACE}", " ")


def _one_click(url: str) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@cache
def _layouts() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
