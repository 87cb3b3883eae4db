"""What is decided about quotes: their lines and sums, discounts, payments, what became stale, and
the steps of their status. Pure; all arithmetic is in exact decimals, rounded half up to the cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from backshop.errors import Conflict, FieldError, Forbidden
from backshop.projects import rules as projects
from backshop.projects.models import Selection, WholeProject, WholeRoom, WholeSurface
from backshop.projects.quantities.measures import exact
from backshop.projects.quantities.models import Line, Product
from backshop.projects.quantities.rules import shared
from backshop.projects.quotes.models import (
    Changes,
    Charge,
    Compared,
    ComparedSurface,
    Comparison,
    Content,
    DuePayment,
    Figures,
    LineChange,
    LinePart,
    NewQuote,
    Offer,
    Offered,
    OfferingShop,
    Payment,
    QuotedRoom,
    QuotedSurface,
    QuoteLine,
    Recipient,
    Role,
    State,
    TaxClass,
    Taxed,
)
from backshop.projects.settings import ShopSettings, TaxRates

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MOST = Decimal("99999999.99")
"""What a column of money holds."""
CLASSES: tuple[TaxClass, ...] = ("material", "labour", "delivery")
ALTERNATIVES: tuple[Literal["good", "better", "best"], ...] = ("good", "better", "best")


def cents(value: Decimal) -> Decimal:
    """To the cent, half up."""
    return value.quantize(CENT, ROUND_HALF_UP)


def number(place: int) -> str:
    """The number of a store's quote by its place among them."""
    return f"Q-{place:06d}"


# ---------------------------------------------------------------- sums


def figures_of(
    lines: Sequence[QuoteLine],
    discount: Decimal,
    delivery_fee: Decimal,
    rates: TaxRates,
    *,
    is_exempt: bool,
) -> Figures:
    """The sums of a quote.

    Tax is reckoned and rounded once, on all that is taxable together: what the discount of the
    whole takes off is shared among the classes of tax to the cent first.
    """
    before = sum((line.amount for line in lines), NOTHING)
    off_lines = sum((line.discount_amount for line in lines), NOTHING)
    net = {name: _of_class(lines, name) for name in CLASSES}
    discountable = [net["material"], net["labour"]]
    off_whole = cents(sum(discountable) * discount)
    shares = shared(off_whole, [exact(each) for each in discountable])
    taxable = {
        "material": net["material"] - shares[0],
        "labour": net["labour"] - shares[1],
        "delivery": net["delivery"] + delivery_fee,
    }
    taxes = [
        Taxed(tax_class=name, rate=rate, taxable=taxable[name])
        for name in CLASSES
        if (rate := Decimal(0) if is_exempt else getattr(rates, name)) and taxable[name]
    ]
    tax = cents(sum((each.rate * each.taxable for each in taxes), Decimal(0)))
    subtotal = before - off_lines - off_whole
    return Figures(
        subtotal_before_discount=before,
        line_discounts=off_lines,
        quote_discount=off_whole,
        discount_amount=off_lines + off_whole,
        subtotal=subtotal,
        taxable=sum((each.taxable for each in taxes), NOTHING),
        taxes=taxes,
        tax_amount=tax,
        delivery_fee=cents(delivery_fee),
        total_amount=subtotal + tax + cents(delivery_fee),
    )


def _of_class(lines: Sequence[QuoteLine], name: TaxClass) -> Decimal:
    return sum((line.total for line in lines if line.tax_class == name), NOTHING)


def payments_of(payments: Sequence[Payment], total: Decimal) -> list[DuePayment]:
    """What is due when; the amounts make the total to the cent. Raises Conflict where the shares do
    not make a whole."""
    if payments and (shares := sum(each.share for each in payments)) != 1:
        raise Conflict(
            f"The payments' shares make {shares}: give such that make 1, as 0.5, 0.3 and 0.2.",
            slug="payments-not-whole",
        )
    schedule = payments or [Payment(label="Total", share=Decimal(1), due_days=0)]
    amounts = shared(total, [exact(each.share) for each in schedule])
    return [
        DuePayment(
            label=each.label,
            share=each.share,
            amount=amount,
            due_on=each.due_on,
            due_days=None if each.due_on else each.due_days or 0,
        )
        for each, amount in zip(schedule, amounts, strict=True)
    ]


def payments_due(payments: Sequence[DuePayment], accepted_on: date) -> list[DuePayment]:
    """The payments with the days that they are due on, now that the quote is accepted."""
    return [
        each
        if each.due_on
        else each.model_copy(update={"due_on": accepted_on + timedelta(days=each.due_days or 0)})
        for each in payments
    ]


def refuse_discounts(
    request: NewQuote, figures: Figures, settings: ShopSettings, role: Role
) -> None:
    """Raises Forbidden where a discount, or all together, is more than the role may give."""
    limit: Decimal = getattr(settings.discount_limits, role)
    discounts = {
        "discount": request.discount,
        **{f"line_discounts.{at}": each.discount for at, each in enumerate(request.line_discounts)},
        **{f"charges.{at}": each.discount for at, each in enumerate(request.charges)},
    }
    message = f"at most {limit:.2%} may be taken off by {_WHO[role]}"
    errors: list[FieldError] = [
        {"field": field, "message": message} for field, share in discounts.items() if share > limit
    ]
    before = figures.subtotal_before_discount
    if not errors and any(discounts.values()) and figures.discount_amount > cents(before * limit):
        errors = [{"field": "discount", "message": f"{message}, all discounts together"}]
    if errors:
        raise Forbidden(
            f"The discount is too high: {message}. A manager's staff key may give more.",
            slug="discount-too-high",
            errors=errors,
        )


_WHO: dict[Role, str] = {"associate": "an associate", "manager": "a manager"}


# ---------------------------------------------------------------- what is quoted


class Draft(NamedTuple):
    """A quote's content, and what stands against it: sentences, empty where nothing does."""

    content: Content
    obstacles: list[str]


def draft(
    project: WholeProject,
    request: NewQuote,
    catalogue: Mapping[str, Product],
    settings: ShopSettings,
    offered: Sequence[Offered] = (),
) -> Draft:
    """What a quote holds of the project as it is now.

    Raises Conflict where a sum is more than can be stored.
    """
    quoted, missing = _quoted(project, request.selection_ids)
    reckoned = projects.reckon(quoted, catalogue)
    selections = {each.selection_id: each for each in _selections(quoted)}
    surfaces = _surfaces(quoted)
    discounts = {each.sku: each.discount for each in request.line_discounts}
    priced = [(line, ids) for line, ids in reckoned.lines if line.total_price is not None]
    lines = [
        _product_line(line, [selections[id] for id in ids], surfaces, discounts)
        for line, ids in priced
    ]
    lines.sort(key=lambda line: line.product_type != "tile")
    lines += [_charge_line(each) for each in request.charges]
    figures = figures_of(
        lines,
        request.discount,
        request.delivery_fee,
        settings.tax_rates,
        is_exempt=bool(project.customer.tax_exemption),
    )
    if max(figures.total_amount, figures.subtotal_before_discount) > MOST:
        raise Conflict(
            "The quote's total is too large to be stored: check quantities and prices.",
            slug="too-large-amount",
        )
    in_lines = {id for _, ids in priced for id in ids}
    unpriced = [each for id, each in selections.items() if id not in in_lines]
    return Draft(
        _content(project, quoted, request, settings, lines, figures, reckoned, offered),
        _obstacles(missing, unpriced, lines),
    )


def _content(
    project: WholeProject,
    quoted: WholeProject,
    request: NewQuote,
    settings: ShopSettings,
    lines: list[QuoteLine],
    figures: Figures,
    reckoned: projects.Reckoned,
    offered: Sequence[Offered],
) -> Content:
    products = _of_class([line for line in lines if line.sku], "material")
    weights = [exact(_of_class(lines, "material") - products), exact(products)]
    labour = exact(_of_class(lines, "labour"))
    off = shared(figures.quote_discount, [*weights, labour])[1]
    material = products - off
    over = None if project.tile_budget is None else material - project.tile_budget
    return Content(
        rooms=_rooms(quoted, lines),
        lines=lines,
        figures=figures,
        discount=request.discount,
        payments=payments_of(request.payments, figures.total_amount),
        warnings=[each.sentence for each in reckoned.shown.warnings],
        terms=settings.terms,
        tile_budget=project.tile_budget,
        material_total=material,
        over_tile_budget_by=over if over is not None and over > 0 else None,
        alternates=list(offered),
    )


def _quoted(
    project: WholeProject, wanted: Sequence[UUID] | None
) -> tuple[WholeProject, list[UUID]]:
    """The project with what is quoted alone, all of it as selected, so that a product is rounded up
    once over the quote; and what was wanted and cannot be quoted."""
    chosen = set(wanted or ())

    def is_quoted(each: Selection) -> bool:
        if wanted is None:
            return each.selection_status == "selected"
        return each.selection_id in chosen and each.selection_status in ("considered", "selected")

    rooms = []
    found: set[UUID] = set()
    for room in project.rooms:
        surfaces = []
        for surface in room.surfaces:
            kept = [
                each.model_copy(update={"selection_status": "selected"})
                for each in surface.selections
                if is_quoted(each)
            ]
            found |= {each.selection_id for each in kept}
            surfaces.append(surface.model_copy(update={"selections": kept}))
        rooms.append(room.model_copy(update={"surfaces": surfaces}))
    return project.model_copy(update={"rooms": rooms}), sorted(chosen - found)


def _selections(project: WholeProject) -> Iterable[Selection]:
    return (
        each for room in project.rooms for surface in room.surfaces for each in surface.selections
    )


def _surfaces(project: WholeProject) -> dict[UUID, tuple[WholeRoom, WholeSurface]]:
    return {
        surface.surface_id: (room, surface) for room in project.rooms for surface in room.surfaces
    }


def _product_line(
    line: Line,
    selections: Sequence[Selection],
    surfaces: Mapping[UUID, tuple[WholeRoom, WholeSurface]],
    discounts: Mapping[str, Decimal],
) -> QuoteLine:
    amount = line.total_price or NOTHING
    discount = discounts.get(line.sku, Decimal(0))
    off = cents(amount * discount)
    parts = [
        LinePart(
            selection_id=selection.selection_id,
            surface_id=selection.surface_id,
            room=room_name(surfaces[selection.surface_id][0]),
            surface=surface_name(surfaces[selection.surface_id][1]),
            net=part.net,
            order=part.order,
            waste_percent=part.waste_percent,
            quantity=part.quantity,
            total_price=part.total_price or NOTHING,
            undecided=selection.undecided,
            return_terms=selection.return_terms,
            lot=selection.lot,
            shade=selection.shade,
            caliber=selection.caliber,
        )
        for part, selection in zip(line.parts, selections, strict=True)
    ]
    strictest = max((part.return_terms for part in parts), key=_STRICTNESS.index)
    return QuoteLine(
        sku=line.sku,
        description=line.product_name or line.sku,
        product_type=line.product_type,
        tax_class="material",
        quantity=line.quantity,
        unit=line.unit_of_measure,
        price_per_unit=line.price_per_unit or NOTHING,
        price_kind=line.price_kind,
        box_coverage_sf=selections[0].box_coverage_sf,
        amount=amount,
        discount=discount,
        discount_amount=off,
        total=amount - off,
        measured_in=line.measured_in,
        net=line.net,
        waste_percent=line.waste_percent,
        order=line.order,
        package=line.package,
        packages=line.packages,
        leftover=line.leftover,
        flags=list(line.flags),
        return_terms=strictest,
        undecided=any(part.undecided for part in parts),
        parts=parts,
    )


_STRICTNESS = ("returnable", "restocking_fee", "not_returnable")


def _charge_line(charge: Charge) -> QuoteLine:
    amount = cents(charge.quantity * charge.price_per_unit)
    off = cents(amount * charge.discount)
    return QuoteLine(
        sku=None,
        description=charge.description,
        product_type=None,
        tax_class=charge.tax_class,
        quantity=charge.quantity,
        unit=charge.unit,
        price_per_unit=charge.price_per_unit,
        amount=amount,
        discount=charge.discount,
        discount_amount=off,
        total=amount - off,
    )


def _obstacles(
    missing: Sequence[UUID], unpriced: Sequence[Selection], lines: Sequence[QuoteLine]
) -> list[str]:
    obstacles = []
    if missing:
        obstacles.append(
            f"{len(missing)} of the selection_ids are none of this project's that can still be "
            "quoted; GET /projects/{id}/selections lists them."
        )
    if unpriced:
        names = ", ".join(sorted({each.product_sku for each in unpriced}))
        obstacles.append(
            f"{names} cannot be quoted: give a price, and what its quantity is reckoned from "
            "(GET /projects/{id}/quantities says what is missing)."
        )
    if not lines and not obstacles:
        obstacles.append("There is nothing to quote: select products, or give charges.")
    return obstacles


def room_name(room: WholeRoom) -> str:
    return room.room_name or _words(room.room_type).capitalize()


def surface_name(surface: WholeSurface) -> str:
    return surface.surface_name or _words(surface.surface_type).capitalize()


def _words(value: str) -> str:
    return value.replace("_", " ")


def _rooms(project: WholeProject, lines: Sequence[QuoteLine]) -> list[QuotedRoom]:
    """Rooms and surfaces that something is quoted for, with their measures."""
    waste = {
        part.surface_id: part.waste_percent
        for line in lines
        if line.product_type == "tile"
        for part in line.parts
    }
    rooms = []
    for room in project.rooms:
        surfaces = [
            QuotedSurface(
                name=surface_name(surface),
                surface_type=surface.surface_type,
                net_sf=surface.surface_area_sf,
                length_ft=surface.length_ft,
                width_ft=surface.width_ft,
                height_ft=surface.height_ft,
                pattern=_words(surface.pattern_type or "straight_lay"),
                waste_percent=waste.get(surface.surface_id),
            )
            for surface in room.surfaces
            if surface.selections
        ]
        if surfaces:
            rooms.append(
                QuotedRoom(
                    name=room_name(room),
                    length_ft=room.room_length_ft,
                    width_ft=room.room_width_ft,
                    height_ft=room.room_height_ft,
                    surfaces=surfaces,
                )
            )
    return rooms


def recipient_of(project: WholeProject) -> Recipient:
    """Whom the project's quotes are for."""
    customer = project.customer
    place = " ".join(each for each in (customer.state, customer.zip_code) if each)
    city = ", ".join(each for each in (customer.city, place) if each)
    lines = [customer.address_line1, customer.address_line2, city]
    return Recipient(
        name=" ".join(each for each in (customer.first_name, customer.last_name) if each),
        address=[each for each in lines if each],
        email=customer.email,
        phone=customer.phone_primary or customer.phone_secondary,
        project_name=project.project_name,
        tax_exemption=customer.tax_exemption,
    )


def columns_of(content: Content) -> dict[str, Any]:
    """The columns of a quote that say what its content sums up to."""
    figures = content.figures
    return {
        "subtotal": figures.subtotal,
        "tax_amount": figures.tax_amount,
        "delivery_fee": figures.delivery_fee,
        "discount_amount": figures.discount_amount,
        "total_amount": figures.total_amount,
        "content": content.model_dump(mode="json"),
    }


# ---------------------------------------------------------------- stale


def changes_between(quoted: Content, now: Content) -> Changes | None:
    """How the project as it is now differs from what was quoted; None where it does not."""
    before, after = _keyed(quoted.lines), _keyed(now.lines)
    lines = [
        change
        for key in [*before, *(key for key in after if key not in before)]
        if (change := _line_change(before.get(key), after.get(key)))
    ]
    totals = (quoted.figures.total_amount, now.figures.total_amount)
    if not lines and totals[0] == totals[1] and quoted.rooms == now.rooms:
        return None
    return Changes(
        lines=lines,
        total_before=totals[0],
        total_now=totals[1],
        difference=totals[1] - totals[0],
    )


def _keyed(lines: Sequence[QuoteLine]) -> dict[tuple[str, int], QuoteLine]:
    """Lines by product, or by the words of a charge, and how often that came before."""
    seen: Counter[str] = Counter()
    keyed = {}
    for line in lines:
        name = f"product {line.sku}" if line.sku else f"charge {line.description}"
        keyed[name, seen[name]] = line
        seen[name] += 1
    return keyed


def _line_change(before: QuoteLine | None, now: QuoteLine | None) -> LineChange | None:
    if before == now:
        return None
    named = now or before
    assert named is not None
    return LineChange(
        sku=named.sku,
        description=named.description,
        what="added" if before is None else "removed" if now is None else "changed",
        quantity_before=before.quantity if before else None,
        quantity_now=now.quantity if now else None,
        price_before=before.price_per_unit if before else None,
        price_now=now.price_per_unit if now else None,
        total_before=before.total if before else None,
        total_now=now.total if now else None,
        difference=(now.total if now else NOTHING) - (before.total if before else NOTHING),
    )


# ---------------------------------------------------------------- steps


def refuse_sending(quote: Mapping[str, Any], project_status: str, today: date) -> None:
    """Raises Conflict where a quote cannot be sent."""
    if quote["quote_status"] != "draft":
        raise Conflict(
            f"The quote is {quote['quote_status']}: a draft is sent; make a new quote to send "
            "another version.",
            slug="not-a-draft",
        )
    if project_status not in ("inquiry", "quoted"):
        raise Conflict(
            f"The project is {project_status}: quotes are sent before it is ordered.",
            slug="project-closed",
        )
    if quote["stale_since"] is not None:
        raise Conflict(
            "The project changed since the quote was reckoned: look at `changes`, then PATCH the "
            "quote, with {} as it is, to reckon it anew.",
            slug="stale-quote",
        )
    if quote["expiration_date"] is not None and quote["expiration_date"] < today:
        raise Conflict("Its expiration_date has passed: PATCH it to a later day.", slug="expired")


def state_of(quote: Mapping[str, Any], project_status: str, today: date) -> State:
    """What a customer can do with a quote: only an open one is accepted."""
    status = quote["quote_status"]
    if status == "accepted":
        return "accepted"
    if quote["superseded_at"] is not None:
        return "superseded"
    if status in ("draft", "rejected", "expired"):
        return _UNOPEN[status]
    if quote["expiration_date"] is not None and quote["expiration_date"] < today:
        return "expired"
    return "open" if project_status in ("inquiry", "quoted") else "closed"


_UNOPEN: dict[str, State] = {"draft": "draft", "rejected": "rejected", "expired": "expired"}

WHY_NOT: dict[State, str] = {
    "draft": "This quote has not been sent yet.",
    "accepted": "This quote is accepted already; nothing else is to be done.",
    "rejected": "This quote is not offered any more; please ask the shop for a new one.",
    "expired": "This quote has expired; please ask the shop for a new one.",
    "superseded": "A newer quote took the place of this one; please use the link of the newer one.",
    "closed": "The shop has closed this project; please ask it for a new quote.",
}
"""Why a quote in this state cannot be accepted."""


def offer_of(
    quote: Mapping[str, Any],
    state: State,
    shop: OfferingShop,
    acceptance: Mapping[str, Any] | None,
) -> Offer:
    """What the customer sees: not what the trade advises the shop, nor what they meant to spend."""
    content = Content.model_validate(quote["content"])
    content.warnings, content.tile_budget, content.over_tile_budget_by = [], None, None
    payments = acceptance["payments"] if acceptance else content.payments
    return Offer.model_validate(
        {
            **quote,
            "shop": shop,
            "state": state,
            "why_not": None if state == "open" else WHY_NOT[state],
            "content": content,
            "accepted_at": acceptance and acceptance["accepted_at"],
            "accepted_name": acceptance and acceptance["accepted_name"],
            "payments": payments,
        },
        from_attributes=True,
    )


def refuse_answer(state: State) -> None:
    """Raises Conflict where a quote in this state takes no answer any more."""
    if state != "open":
        raise Conflict(WHY_NOT[state], slug=f"quote-{state}")


# ---------------------------------------------------------------- the customer's link

LINK = "quote"
"""What the tokens of links are for."""
LINK_LASTS = timedelta(days=90)
"""How long a link still says what became of its quote, after the quote's last day."""


class Link(NamedTuple):
    """What a token is signed with: the same for the same quote, so that a link stays what it is."""

    content: bytes
    until: datetime


class Linked(NamedTuple):
    store_id: UUID
    project_id: UUID
    quote_id: UUID


def link_of(store_id: UUID, quote: Mapping[str, Any]) -> Link:
    """Of a quote that was sent."""
    sent: datetime = quote["sent_at"]
    ids = (store_id, quote["project_id"], quote["quote_id"])
    lasts = quote["expiration_date"] - sent.date() + LINK_LASTS
    return Link(b"".join(id.bytes for id in ids), sent + lasts)


def linked(content: bytes) -> Linked:
    """What the content of a link's token stands for."""
    return Linked(*(UUID(bytes=content[at : at + 16]) for at in (0, 16, 32)))


def linked_at_length(claims: Mapping[str, Any]) -> Linked:
    """The same of a link that was sent when links were JSON Web Tokens."""
    return Linked(*(UUID(claims[name]) for name in Linked._fields))


def pdf_key(store_id: UUID, quote_id: UUID) -> str:
    """Where the PDF of a quote that was sent lies in the data bucket."""
    return f"quotes/{store_id}/{quote_id}.pdf"


def page(base_url: str, token: str) -> str:
    """Where a customer sees the quote."""
    return f"{base_url.rstrip('/')}/quote/{token}"


# ---------------------------------------------------------------- side by side


def comparison(quotes: Sequence[Mapping[str, Any]], currency: str) -> Comparison:
    """The newest quote of each alternative; `quotes` come newest first."""
    newest: dict[str, Mapping[str, Any]] = {}
    for quote in quotes:
        if quote["alternative"]:
            newest.setdefault(quote["alternative"], quote)
    chosen = [newest[name] for name in ALTERNATIVES if name in newest]
    contents = {each["alternative"]: Content.model_validate(each["content"]) for each in chosen}
    cheapest = min((each["total_amount"] for each in chosen), default=NOTHING)
    return Comparison(
        currency=currency,
        alternatives=[
            Compared(
                alternative=each["alternative"],
                quote_id=each["quote_id"],
                quote_number=each["quote_number"],
                quote_status=each["quote_status"],
                is_superseded=each["superseded_at"] is not None,
                stale=each["stale_since"] is not None,
                material_total=contents[each["alternative"]].material_total,
                total_amount=each["total_amount"],
                more_than_cheapest=each["total_amount"] - cheapest,
                over_tile_budget_by=contents[each["alternative"]].over_tile_budget_by,
            )
            for each in chosen
        ],
        surfaces=_compared_surfaces(contents),
    )


def _compared_surfaces(contents: Mapping[str, Content]) -> list[ComparedSurface]:
    rows: dict[tuple[str, str], dict[str, list[str]]] = {}
    for name, content in contents.items():
        for line in content.lines:
            for part in line.parts:
                row = rows.setdefault(
                    (part.room, part.surface), {each: [] for each in ALTERNATIVES}
                )
                row[name].append(line.description)
    return [
        ComparedSurface(room=room, surface=surface, **row) for (room, surface), row in rows.items()
    ]


def offered_of(quote: Mapping[str, Any]) -> Offered:
    """A quote as the other alternatives name it: its tile, or what else it holds."""
    content = Content.model_validate(quote["content"])
    tiles = [line.description for line in content.lines if line.product_type == "tile"]
    return Offered(
        alternative=quote["alternative"],
        quote_number=quote["quote_number"],
        total_amount=quote["total_amount"],
        lines=list(dict.fromkeys(tiles or [line.description for line in content.lines]))[:4],
    )
