"""A quote as it is printed: every text and figure of quote.typ, and the PDF made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from backshop.projects import logos
from backshop.projects.quotes.models import Content, DuePayment, QuoteLine, Recipient
from backshop.projects.quotes.repository import Shop

TEMPLATE = Path(__file__).with_name("quote.typ")
FONTS = ("font_source_sans_pro", "cvttf_NotoSansCJK_Regular")
"""Packages of fonts; the second has what Chinese, Japanese and Korean are written in."""
LETTER = frozenset(["USD", "CAD", "MXN"])
"""Where paper is cut to Letter; elsewhere to A4."""
MOST_PLACES = 6
"""Surfaces that a line names."""
LONGEST_WORD = 18
"""Characters after which a word may break, so that none runs out of its column."""
SECTIONS = (
    ("Tile", lambda line: line.product_type == "tile"),
    ("Setting materials, trim and tools", lambda line: line.sku and line.product_type != "tile"),
    ("Labour and services", lambda line: not line.sku),
)
PLURALS = {"box": "boxes"}


def pdf(quote: Mapping[str, Any], shop: Shop, logo: bytes | None, *, is_draft: bool) -> bytes:
    """The quote's PDF; the same bytes for the same quote. A logo that is no picture is left out."""
    import typst

    picture = _readable(logo)

    data = printed(quote, shop, is_draft=is_draft)
    made_at = datetime.combine(quote["quote_date"], datetime.min.time(), UTC)
    with TemporaryDirectory() as folder:
        files = Path(folder)
        (files / "main.typ").write_bytes(TEMPLATE.read_bytes())
        (files / "logo").write_bytes(picture or b"")
        for name in ("logo", None) if picture else (None,):
            (files / "data.json").write_bytes(orjson.dumps(data | {"logo": name}))
            try:
                made: bytes = typst.compile(
                    files / "main.typ", font_paths=_fonts(), timestamp=made_at
                )
            except typst.TypstError:
                if name is None:
                    raise
            else:
                return made
    raise AssertionError("without a logo it returned or raised")


def _readable(logo: bytes | None) -> bytes | None:
    try:
        return logos.read(logo).content if logo else None
    except logos.NotALogo:
        return None


@cache
def _fonts() -> Any:
    import typst

    specs = [find_spec(name) for name in FONTS]
    folders = [Path(spec.origin).parent for spec in specs if spec and spec.origin]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


# ---------------------------------------------------------------- what is printed


def printed(quote: Mapping[str, Any], shop: Shop, *, is_draft: bool) -> dict[str, Any]:
    """What the template shows."""
    content = Content.model_validate(quote["content"])
    recipient = Recipient.model_validate(
        quote["recipient"] or {"name": "", "address": [], **_NOBODY}
    )
    settings = shop.settings
    return {
        "title": f"Quote {quote['quote_number']}",
        "paper": "us-letter" if quote["currency"] in LETTER else "a4",
        "note": "Draft: not an offer yet." if is_draft else None,
        "currency": quote["currency"],
        "shop": {
            "name": _soft(shop.name),
            "lines": [*_lines(settings.address), *filter(None, (settings.phone, settings.email))],
        },
        "recipient": {
            "name": _soft(recipient.name),
            "lines": [
                _soft(each)
                for each in (*recipient.address, recipient.phone, recipient.email)
                if each
            ],
        },
        "facts": _facts(quote, recipient),
        "rooms": [_room(room) for room in content.rooms],
        "sections": _sections(content.lines),
        "sums": _sums(content, recipient),
        "payments": [_payment(each) for each in content.payments],
        "alternates": [
            {
                "name": each.alternative.capitalize(),
                "number": each.quote_number,
                "holds": _soft(", ".join(each.lines)),
                "total": money(each.total_amount),
            }
            for each in content.alternates
        ],
        "instructions": _lines(quote["special_instructions"]),
        "terms": [*_return_terms(content.lines), *_lines(content.terms)],
        "consent": _consent(quote),
    }


_NOBODY = {"email": None, "phone": None, "project_name": None, "tax_exemption": None}


def money(value: Decimal) -> str:
    """With a real minus sign, which is as wide as a digit."""
    return f"{value:,.2f}".replace("-", "\N{MINUS SIGN}")


def day(value: date) -> str:
    return f"{value:%B} {value.day}, {value.year}"


def _share(value: Decimal) -> str:
    """0.0825 is 8.25 %."""
    text = f"{value * 100:.3f}".rstrip("0").rstrip(".")
    return f"{text} %"


def _soft(text: str) -> str:
    """The text with places to break its longest words at."""
    return re.sub(rf"[^\s/-]{{{LONGEST_WORD},}}", _broken, text)


def _broken(word: re.Match[str]) -> str:
    whole = word[0]
    parts = [whole[at : at + 8] for at in range(0, len(whole), 8)]
    return "\N{ZERO WIDTH SPACE}".join(parts)


def _lines(text: str | None) -> list[str]:
    return [_soft(each) for each in (text or "").splitlines()]


def _facts(quote: Mapping[str, Any], recipient: Recipient) -> list[tuple[str, str]]:
    facts = [("Date", day(quote["quote_date"]))]
    if quote["expiration_date"]:
        facts.append(("Valid until", day(quote["expiration_date"])))
    if quote["alternative"]:
        facts.append(("Alternative", quote["alternative"].capitalize()))
    if quote["revision"] > 1:
        facts.append(("Version", str(quote["revision"])))
    if recipient.project_name:
        facts.append(("Project", _soft(recipient.project_name)))
    if quote["sales_associate"]:
        facts.append(("Your associate", _soft(quote["sales_associate"])))
    return facts


def _room(room: Any) -> dict[str, Any]:
    return {
        "name": _soft(room.name),
        "measures": _measures(room),
        "surfaces": [
            {
                "name": _soft(each.name),
                "measures": _measures(each),
                "pattern": each.pattern,
                "net": f"{each.net_sf:,.2f} sf",
                "waste": "" if each.waste_percent is None else _share(each.waste_percent / 100),
            }
            for each in room.surfaces
        ],
    }


def _measures(what: Any) -> str:
    sides = (what.length_ft, what.width_ft, what.height_ft)
    known = [feet(each) for each in sides if each is not None]
    return " × ".join(known)


def feet(value: Decimal) -> str:
    """10.5 is 10′ 6″; to the nearest eighth of an inch, as a tape shows it."""
    eighths = int((value * 96).to_integral_value())
    feet, rest = divmod(eighths, 96)
    inches, eighth = divmod(rest, 8)
    fraction = {0: "", 2: "¼", 4: "½", 6: "¾"}.get(eighth, f" {eighth}/8" if eighth else "")
    return f"{feet}′ {inches}{fraction}″"


def _sections(lines: Sequence[QuoteLine]) -> list[dict[str, Any]]:
    found = [(title, [each for each in lines if belongs(each)]) for title, belongs in SECTIONS]
    return [
        {"title": title, "items": [_item(each) for each in items]}
        for title, items in found
        if items
    ]


def _item(line: QuoteLine) -> dict[str, Any]:
    off = f"\N{MINUS SIGN}{_share(line.discount)}: {money(-line.discount_amount)}"
    return {
        "name": _soft(line.description),
        "details": [_soft(each) for each in _details(line)],
        "figures": _figures(line),
        "quantity": quantity(line.unit, line.quantity),
        "price": money(line.price_per_unit),
        "amount": money(line.amount),
        "discount": off if line.discount_amount else None,
    }


def _details(line: QuoteLine) -> list[str]:
    places = list(dict.fromkeys(f"{part.room}, {part.surface.lower()}" for part in line.parts))
    more = [f"and {len(places) - MOST_PLACES} more"] if len(places) > MOST_PLACES else []
    about = "; ".join([*places[:MOST_PLACES], *more])
    sku = line.sku if line.sku != line.description else None
    details = [" · ".join(filter(None, (sku, about)))] if sku or about else []
    undecided = [part for part in line.parts if part.undecided]
    if undecided:
        whole = len(undecided) == len(line.parts)
        details.append("To be decided; not ordered before" + ("" if whole else ", in part"))
    details += _marks(line)
    details += [_FLAGS[each] for each in line.flags if each in _FLAGS]
    if line.return_terms != "returnable":
        details.append(_RETURNS[line.return_terms])
    return details


def _marks(line: QuoteLine) -> list[str]:
    """Lot, shade and caliber, which a later delivery has to match."""
    marks = [
        f"{kind} {' and '.join(known)}"
        for kind in ("lot", "shade", "caliber")
        if (known := sorted({mark for part in line.parts if (mark := getattr(part, kind))}))
    ]
    text = ", ".join(marks)
    return [text[:1].upper() + text[1:]] if marks else []


_FLAGS = {
    "special_order": "Special order",
    "discontinued": "Discontinued",
    "out_of_stock": "Out of stock now",
}
_RETURNS = {"not_returnable": "Not returnable", "restocking_fee": "Returnable for a restocking fee"}


def _figures(line: QuoteLine) -> list[str]:
    """Net, waste, order, packages and what is left over. Packages alone where the quantity is as
    somebody gave it; nothing of a charge, which has none of it."""
    if line.net is None or line.order is None or line.packages is None:
        return []
    measure = _MEASURES.get(line.measured_in or "", line.measured_in or "")
    packages = "" if line.package == "sf" else quantity(line.package or "", line.packages)
    if not line.net:
        return ["", "", "", packages, ""]
    return [
        f"{line.net:,.2f} {measure}",
        _share((line.waste_percent or Decimal(0)) / 100) if line.product_type != "adhesive" else "",
        f"{line.order:,.2f} {measure}",
        packages,
        f"{line.leftover or 0:,.2f} {measure}",
    ]


_MEASURES = {"linear_ft": "ft", "piece": "pc", "gallon": "gal"}


def quantity(unit: str, number: Decimal) -> str:
    """Measures with two decimals, pieces without."""
    if unit in ("sf", "linear_ft"):
        return f"{number:,.2f} {_MEASURES.get(unit, unit)}"
    name = unit if number == 1 else PLURALS.get(unit, f"{unit}s")
    return f"{number:,.2f}".removesuffix(".00") + f" {name}"


def _sums(content: Content, recipient: Recipient) -> list[dict[str, Any]]:
    figures = content.figures
    rows = []
    if figures.discount_amount:
        rows.append(("Before discounts", figures.subtotal_before_discount))
        if figures.line_discounts:
            rows.append(("Discounts of lines", -figures.line_discounts))
        if figures.quote_discount:
            name = f"Discount of {_share(content.discount)}"
            rows.append((name, -figures.quote_discount))
    rows.append(("Subtotal", figures.subtotal))
    rows.append((_tax_name(content, recipient), figures.tax_amount))
    if figures.delivery_fee:
        rows.append(("Delivery", figures.delivery_fee))
    sums: list[dict[str, Any]] = [{"name": name, "amount": money(each)} for name, each in rows]
    return [*sums, {"name": "Total", "amount": money(figures.total_amount), "strong": True}]


def _tax_name(content: Content, recipient: Recipient) -> str:
    if recipient.tax_exemption:
        return f"Tax (exempt: {_soft(recipient.tax_exemption)})"
    taxes = [f"{_share(each.rate)} on {money(each.taxable)}" for each in content.figures.taxes]
    return f"Tax ({', '.join(taxes)})" if taxes else "Tax"


def _payment(payment: DuePayment) -> dict[str, str]:
    if payment.due_on:
        due = f"due {day(payment.due_on)}"
    elif payment.due_days:
        days = "day" if payment.due_days == 1 else "days"
        due = f"due {payment.due_days} {days} after acceptance"
    else:
        due = "due on acceptance"
    return {
        "label": _soft(payment.label),
        "due": due,
        "share": _share(payment.share),
        "amount": money(payment.amount),
    }


def _return_terms(lines: Sequence[QuoteLine]) -> list[str]:
    """What the terms have to say of these products whatever else they say."""
    final = [line for line in lines if line.return_terms == "not_returnable"]
    open_lines = [line for line in lines if line.undecided]
    sentences = []
    if final:
        sentences.append(
            "Products marked as not returnable are ordered for you and cannot be returned."
        )
    if open_lines:
        sentences.append(
            "Products that are to be decided are part of the total and not yet ordered."
        )
    return sentences


def _consent(quote: Mapping[str, Any]) -> str:
    until = quote["expiration_date"]
    within = f" until {day(until)}" if until else ""
    return (
        f"This quote stands as it is printed{within}. By signing I accept it, its terms and its total "
        f"of {quote['currency']} {money(quote['total_amount'])}."
    )
