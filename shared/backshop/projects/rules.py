"""What is decided about projects: areas and waste of surfaces, steps of the status, what to ask
next, and quantities of a stored project. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from backshop.errors import Conflict, Unprocessable
from backshop.projects.fields import (
    Complexity,
    Pattern,
    ProductType,
    ProjectStatus,
    SelectionStatus,
    Unit,
)
from backshop.projects.models import Selection, StoredProject, Totals, WholeProject, WholeSurface
from backshop.projects.quantities import advice
from backshop.projects.quantities import rules as quantities
from backshop.projects.quantities.measures import exact
from backshop.projects.quantities.models import (
    Customer,
    Line,
    Obstacle,
    Product,
    Specification,
    Surface,
    TileLine,
    Use,
    UseDetails,
    Warned,
    plain,
)

MOST_AREA = Decimal("99999999.99")
"""What the column of an area or an amount holds."""
MEASURES = frozenset(["length_ft", "width_ft", "height_ft", "obstacles", "surface_type"])


# ---------------------------------------------------------------- surfaces


def surface_columns(fields: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of a new surface, or those of a stored one that change.

    Raises Unprocessable where neither an area nor measures are known, Conflict where the area is
    more than can be stored.
    """
    known = {**(before or {}), **fields}
    columns = {key: _stored(value) for key, value in fields.items() if key != "obstacles"}
    if "obstacles" in fields or before is None:
        columns |= _obstacles(fields)
    columns |= _waste(fields, known, before)
    if fields.get("surface_area_sf") is None:
        columns.pop("surface_area_sf", None)
        if before is None or MEASURES & fields.keys():
            area = _measured(known)
            if area is None and before is None:
                raise Unprocessable(
                    "Give surface_area_sf, or length_ft with width_ft or height_ft.",
                    slug="not-measured",
                )
            if area is not None:
                columns["surface_area_sf"] = plain(area)
    if columns.get("surface_area_sf", Decimal(0)) > MOST_AREA:
        raise Conflict(
            "The surface is too large to be stored: check its measures.", slug="too-large-area"
        )
    return columns


def _stored(value: Any) -> Any:
    return plain(value) if isinstance(value, Fraction) else value


def _obstacles(fields: Mapping[str, Any]) -> dict[str, Any]:
    listed = fields.get("obstacles") or []
    columns: dict[str, Any] = {
        "obstacles": [{"name": each.name, "area_sf": str(plain(each.area))} for each in listed]
    }
    if "obstacles_count" not in fields:
        columns["obstacles_count"] = len(listed)
    if "obstacles_description" not in fields and listed:
        columns["obstacles_description"] = ", ".join(each.name or "obstacle" for each in listed)
    return columns


def _waste(
    fields: Mapping[str, Any], known: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    if fields.get("waste_factor") is not None:
        return {"waste_given": True}
    has_own_waste = before is not None and before["waste_given"] and "waste_factor" not in fields
    if has_own_waste:
        return {}
    pattern: Pattern = known.get("pattern_type") or "straight_lay"
    complexity: Complexity = known.get("complexity_level") or "simple"
    return {
        "waste_factor": plain(quantities.default_waste(pattern, complexity)),
        "waste_given": False,
    }


def _measured(known: Mapping[str, Any]) -> Fraction | None:
    length, width, height = (
        _exactly(known.get(side)) for side in ("length_ft", "width_ft", "height_ft")
    )
    if length is None or (width is None and height is None):
        return None
    obstacles: list[Obstacle | Fraction] = [
        each if isinstance(each, Obstacle) else exact(Decimal(each["area_sf"]))
        for each in known.get("obstacles") or []
    ]
    surface = Surface.model_construct(
        surface_type=known["surface_type"],
        area_sf=None,
        length=length,
        width=width,
        height=height,
        walls=[],
        obstacles=obstacles,
    )
    return quantities.area_of(surface).net


def _exactly(value: Any) -> Fraction | None:
    return value if value is None or isinstance(value, Fraction) else exact(value)


# ---------------------------------------------------------------- selections

_OF_ORDERED = frozenset(
    ["notes", "lot", "shade", "caliber", "return_terms", "selection_status", "undecided"]
)
"""What may change of a selection that was ordered."""


def selection_columns(
    fields: Mapping[str, Any], before: Mapping[str, Any] | None, known: Product | None
) -> dict[str, Any]:
    """The columns of a new selection, or those of a stored one that change; `known` is its product
    in the catalogue. Raises Conflict for what cannot become of it."""
    columns = dict(fields)
    if "usage" in fields:
        usage = fields["usage"] or UseDetails()
        columns["usage"] = usage.model_dump(mode="json", exclude_unset=True)
    for value, flag in (("quantity_needed", "quantity_given"), ("price_per_unit", "price_given")):
        if value in fields:
            columns[flag] = fields[value] is not None
    if before is None or "product_sku" in fields:
        columns |= _of_product(fields, before, known)
    elif fields.get("product_type", "") is None:
        del columns["product_type"]
    if "unit_of_measure" in fields and fields["unit_of_measure"] is None:
        columns["unit_of_measure"] = _unit(columns.get("product_type", "tile"), known)
    if before is None or "return_terms" in fields:
        special = "not_returnable" if known and known.special_order else "returnable"
        columns["return_terms"] = fields.get("return_terms") or special
    if before is not None:
        columns |= _status_step(fields, before)
    return columns


def _of_product(
    fields: Mapping[str, Any], before: Mapping[str, Any] | None, known: Product | None
) -> dict[str, Any]:
    kind = fields.get("product_type") or (known.product_type if known else None)
    kind = kind or (before["product_type"] if before else None)
    if kind is None:
        raise Conflict(
            "The catalogue has no product with this SKU: say its product_type.",
            slug="product-type-missing",
        )
    columns = {
        "product_type": kind,
        "product_name": fields.get("product_name") or (known.product_name if known else None),
        "unit_of_measure": fields.get("unit_of_measure") or _unit(kind, known),
    }
    if fields.get("box_coverage_sf") is None:
        columns["box_coverage_sf"] = known.coverage_per_box if known else None
    return columns


def _unit(kind: ProductType, known: Product | None) -> Unit:
    if known and known.unit_of_measure:
        return known.unit_of_measure
    if kind == "tile":
        return "sf"
    product = Product.model_construct(
        sku="", product_type=kind, specification=Specification.model_construct()
    )
    return quantities.PACKAGES[kind](product, Use.model_construct(sku="")).unit


def _status_step(fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Conflict where an ordered selection would change, or an undecided one be ordered."""
    status = before["selection_status"]
    wanted = fields.get("selection_status", status)
    was_ordered = status in ("ordered", "delivered")
    if was_ordered and (fields.keys() - _OF_ORDERED or wanted not in ("ordered", "delivered")):
        raise Conflict("It was ordered: product, quantity and price stay.", slug="ordered")
    if wanted == status or was_ordered:
        return {}
    if wanted == "delivered":
        raise Conflict("Only what was ordered is delivered: order it first.", slug="not-ordered")
    if wanted != "ordered":
        return {}
    if fields.get("undecided", before["undecided"]):
        raise Conflict("It is undecided, and never ordered: decide it first.", slug="undecided")
    quantity = fields.get("quantity_needed") or before["quantity_needed"]
    if quantity is None:
        raise Conflict("Its quantity cannot be reckoned: give quantity_needed.", slug="no-quantity")
    return {"quantity_ordered": quantity}


# ---------------------------------------------------------------- the whole


def whole_of(text: str) -> WholeProject:
    """A project from the JSON of its rows, with its totals."""
    project = StoredProject.model_validate_json(text)
    return WholeProject.model_construct(**dict(project), totals=totals(project))


def totals(project: StoredProject) -> Totals:
    surfaces = [surface for room in project.rooms for surface in room.surfaces]
    by_status: dict[str, Decimal] = {}
    for surface in surfaces:
        for each in surface.selections:
            sum_so_far = by_status.get(each.selection_status, Decimal(0))
            by_status[each.selection_status] = sum_so_far + (each.total_price or 0)
    ordered = by_status.get("ordered", Decimal(0)) + by_status.get("delivered", Decimal(0))
    selected = by_status.get("selected", Decimal(0))
    over = selected + ordered - project.tile_budget if project.tile_budget is not None else None
    return Totals(
        room_count=len(project.rooms),
        surface_count=len(surfaces),
        total_sf=sum((each.surface_area_sf for each in surfaces), Decimal(0)),
        project_total=selected,
        considered_total=by_status.get("considered", Decimal(0)),
        ordered_total=ordered,
        over_tile_budget_by=over if over is not None and over > 0 else None,
    )


# ---------------------------------------------------------------- steps of the status

STEPS: dict[ProjectStatus, frozenset[ProjectStatus]] = {
    "inquiry": frozenset(["cancelled"]),
    "quoted": frozenset(["cancelled"]),
    "ordered": frozenset(["in_progress", "completed", "cancelled"]),
    "in_progress": frozenset(["completed", "cancelled"]),
    "completed": frozenset(),
    "cancelled": frozenset(),
}
"""Those that somebody asks for. Sending a quote makes quoted of inquiry, accepting one ordered."""


def move(
    status: ProjectStatus, wanted: ProjectStatus, completed_on: date | None, today: date
) -> dict[str, Any]:
    """The columns of the step. Raises Conflict where it is none that can be asked for."""
    if wanted not in STEPS[status]:
        raise Conflict(_why_not(status, wanted), slug="no-such-step")
    if wanted == "completed":
        return {"project_status": wanted, "project_completion_date": completed_on or today}
    return {"project_status": wanted}


def _why_not(status: ProjectStatus, wanted: ProjectStatus) -> str:
    if wanted in ("quoted", "ordered"):
        return f"A project becomes {wanted} by sending or accepting a quote, not by this call."
    steps = ", ".join(sorted(STEPS[status])) or "none"
    return f"The project is {status}; the steps from there are: {steps}."


# ---------------------------------------------------------------- what to ask next

Question = Literal["who", "what", "when", "how", "how_much"]


class Next(BaseModel):
    """What is still unknown, and what to say next."""

    unknown: dict[Question, list[str]] = Field(description="What is missing, by question.")
    about: Literal["who", "what", "when", "how", "how_much", "design", "close", "follow_up"]
    say: str = Field(description="A sentence for the associate to say.")


def next_step(project: WholeProject, next_contact: date | None) -> Next:
    """Questions first, in the order of a conversation; then products, then the close."""
    unknown = _unknown(project)
    for question, missing in unknown.items():
        if missing:
            return Next(
                unknown=unknown, about=question, say=_ASK[missing[0]].format(**_names(project))
            )
    about, say = _after_questions(project, next_contact)
    return Next(unknown=unknown, about=about, say=say)


_ASK = {
    "last name": "May I have your last name, {first_name}, for the project's folder?",
    "phone or e-mail": "How can I reach you best, {first_name}: by phone, e-mail or text?",
    "rooms": "Which room are we tiling, {first_name}?",
    "surfaces": "Which surfaces are we tiling in the {room}: the floor, walls, a backsplash?",
    "measures": "What are the measures of the {surface} in the {room}?",
    "start date": "When would you like the work to start?",
    "who installs": "Who will install the tile: you, a contractor, or through your designer?",
    "contractor": "Who is your contractor, and how can I reach them?",
    "designer": "Who is your designer, so that we can work together?",
    "budget": "What budget do you have in mind for the whole project?",
    "tile budget": "How much of the budget is for the tile?",
}


def _unknown(project: WholeProject) -> dict[Question, list[str]]:
    customer = project.customer
    surfaces = [surface for room in project.rooms for surface in room.surfaces]
    checks: dict[Question, list[tuple[str, bool]]] = {
        "who": [
            ("phone or e-mail", not (customer.phone_primary or customer.email)),
            ("last name", not customer.last_name),
        ],
        "what": [
            ("rooms", not project.rooms),
            ("surfaces", any(not room.surfaces for room in project.rooms)),
            ("measures", any(not surface.surface_area_sf for surface in surfaces)),
        ],
        "when": [("start date", project.project_start_date is None)],
        "how": [
            ("who installs", project.installation_method == "unknown"),
            (
                "contractor",
                project.installation_method == "contractor" and not project.contractor_name,
            ),
            (
                "designer",
                project.installation_method == "designer_managed"
                and not (project.designer_name or project.designer_company),
            ),
        ],
        "how_much": [
            ("budget", project.total_budget_min is None and project.total_budget_max is None),
            ("tile budget", project.tile_budget is None),
        ],
    }
    return {
        question: [name for name, missing in each if missing] for question, each in checks.items()
    }


def _names(project: WholeProject) -> dict[str, str]:
    rooms = [room for room in project.rooms if not room.surfaces]
    unmeasured = [
        (room, surface)
        for room in project.rooms
        for surface in room.surfaces
        if not surface.surface_area_sf
    ]
    room = rooms[0] if rooms else unmeasured[0][0] if unmeasured else None
    surface = unmeasured[0][1].surface_type if unmeasured and not rooms else ""
    return {
        "first_name": project.customer.first_name,
        "room": (room.room_name or _words(room.room_type)) if room else "",
        "surface": _words(surface),
    }


def _words(value: str) -> str:
    return value.replace("_", " ")


def _after_questions(
    project: WholeProject, next_contact: date | None
) -> tuple[Literal["design", "close", "follow_up"], str]:
    first = project.customer.first_name
    for room in project.rooms:
        place = room.room_name or _words(room.room_type)
        for surface in room.surfaces:
            what = f"the {_words(surface.surface_type)} in the {place}"
            if not surface.selections:
                return "design", f"Let me show you tile for {what}, {first}: what look do you like?"
            if all(each.selection_status == "considered" for each in surface.selections):
                return "design", f"Which of these do you like best for {what}, {first}?"
    undecided = [
        each.product_name or each.product_sku
        for room in project.rooms
        for surface in room.surfaces
        for each in surface.selections
        if each.undecided
    ]
    if undecided:
        return "design", f"Shall we settle on {undecided[0]}, {first}, or look at one more?"
    if project.project_status == "inquiry":
        return "close", f"Shall I put this together in a quote for you, {first}?"
    if project.project_status == "quoted":
        return (
            "close",
            f"Have you had a look at the quote, {first}, and may I place the order for you?",
        )
    if next_contact is None:
        return "follow_up", f"When may I call you to hear how it goes, {first}?"
    return "follow_up", f"I will get back to you on {next_contact:%B} {next_contact.day}, {first}."


# ---------------------------------------------------------------- quantities of a stored project


class Lines(BaseModel):
    """Lines of selections of one kind, each product rounded up over the project once."""

    tiles: list[TileLine]
    materials: list[Line]
    total_price: Decimal


class ProjectQuantities(BaseModel):
    """What the surfaces of a project take. What is ordered or delivered stays as it was ordered."""

    surfaces: list[Any]
    selected: Lines
    considered: Lines
    warnings: list[Warned]


class Amount(NamedTuple):
    """What was reckoned for a selection."""

    selection_id: UUID
    quantity_needed: Decimal
    price_per_unit: Decimal | None
    total_price: Decimal | None


class Reckoned(NamedTuple):
    """`lines` are all of them, each with the selections of its parts."""

    shown: ProjectQuantities
    amounts: list[Amount]
    lines: list[tuple[Line, list[UUID]]]


_Key = tuple[str, SelectionStatus, str | None, Decimal | None, Decimal | None]


def reckon(project: WholeProject, catalogue: Mapping[str, Product]) -> Reckoned:
    """Quantities and prices of everything considered and selected.

    Raises Conflict where an amount is more than can be stored.
    """
    customer = Customer.model_construct(
        customer_type=project.customer.customer_type,
        pro_account_number=project.customer.pro_account_number,
    )
    needs: dict[_Key, list[tuple[UUID, Product, quantities.Need]]] = {}
    warnings: list[Warned] = []
    areas: list[Any] = []
    for room in project.rooms:
        for surface in room.surfaces:
            products = {
                each.selection_id: product_of(each, catalogue.get(each.product_sku))
                for each in surface.selections
            }
            place = _place(
                surface, room.room_name or _words(room.room_type), room.room_type, products
            )
            area = quantities.area_of(place.surface)
            areas.append(quantities.shown(place, area))
            warnings += advice.of_surface(place.surface, place.name, area.gross, area.obstacles)
            for each in surface.selections:
                if each.selection_status not in ("considered", "selected"):
                    continue
                product = products[each.selection_id]
                use = _use(each)
                need = quantities.need_of(place, product, use)
                if need.lacks:
                    warnings.append(advice.lacking(product.sku, place.name, need.lacks))
                    continue
                warnings += advice.of_use(place.surface, place.name, place.joint, product, use)
                needs.setdefault(_key(each), []).append((each.selection_id, product, need))
    lines = {key: _line(group, customer) for key, group in needs.items()}
    used = {key[0]: group[0][1] for key, group in needs.items()}
    warnings += advice.of_products(list(used.values()))
    warnings += _lots(project)
    shown = ProjectQuantities(
        surfaces=areas,
        selected=_lines([line for key, line in lines.items() if key[1] == "selected"]),
        considered=_lines([line for key, line in lines.items() if key[1] == "considered"]),
        warnings=list({each.model_dump_json(): each for each in warnings}.values()),
    )
    amounts = [
        Amount(id, part.quantity, line.price_per_unit, part.total_price)
        for key, line in lines.items()
        for (id, _, _), part in zip(needs[key], line.parts, strict=True)
    ]
    for amount in amounts:
        if max(amount.quantity_needed, amount.total_price or Decimal(0)) > MOST_AREA:
            raise Conflict(
                "A quantity or its price is too large to be stored: check measures and prices.",
                slug="too-large-amount",
            )
    selections = [(line, [id for id, _, _ in needs[key]]) for key, line in lines.items()]
    return Reckoned(shown, amounts, selections)


def product_of(selection: Selection, known: Product | None) -> Product:
    """The product of a selection: what was said with it, else what the catalogue says."""
    base = known or Product.model_construct(
        sku=selection.product_sku,
        product_type=selection.product_type,
        specification=Specification.model_construct(),
    )
    overrides: dict[str, Any] = {
        "product_type": selection.product_type,
        "product_name": selection.product_name or base.product_name,
        "unit_of_measure": selection.unit_of_measure,
    }
    if selection.box_coverage_sf:
        overrides["coverage_per_box"] = selection.box_coverage_sf
    if selection.price_given:
        overrides |= {"price_retail": selection.price_per_unit, "price_pro": None}
    return base.model_copy(update=overrides)


def _use(selection: Selection) -> Use:
    details = UseDetails.model_validate(selection.usage, strict=False)
    quantity = selection.quantity_needed if selection.quantity_given else None
    return Use.model_construct(
        **{name: getattr(details, name) for name in UseDetails.model_fields},
        sku=selection.product_sku,
        quantity=quantity,
    )


def _key(selection: Selection) -> _Key:
    price = selection.price_per_unit if selection.price_given else None
    return (
        selection.product_sku,
        selection.selection_status,
        selection.unit_of_measure,
        selection.box_coverage_sf,
        price,
    )


def _place(
    stored: WholeSurface, room: str, room_type: str, products: Mapping[UUID, Product]
) -> quantities.Place:
    """A stored surface as one to reckon with; its tile is the selected one, else the first."""
    exposure = stored.exposure or ("outside" if room_type == "outdoor" else None)
    net = exact(stored.surface_area_sf)
    surface = Surface.model_construct(
        name=stored.surface_name,
        room=room,
        surface_type=stored.surface_type,
        area_sf=net,
        length=_exactly(stored.length_ft),
        width=_exactly(stored.width_ft),
        height=_exactly(stored.height_ft),
        walls=[],
        obstacles=[],
        pattern_type=stored.pattern_type or "straight_lay",
        complexity_level=stored.complexity_level or "simple",
        waste_factor=stored.waste_factor if stored.waste_given else None,
        exposure=exposure,
        offset=stored.offset_share,
        products=[],
    )
    tiles = sorted(
        (each for each in stored.selections if each.product_type == "tile"),
        key=lambda each: each.selection_status == "considered",
    )
    tile = products[tiles[0].selection_id] if tiles else None
    joint = _use(tiles[0]).joint_in if tiles else None
    name = f"{room}: {stored.surface_name or _words(stored.surface_type)}"
    return quantities.Place(name, surface, net, tile, quantities.JOINT if joint is None else joint)


def _line(group: Sequence[tuple[UUID, Product, quantities.Need]], customer: Customer) -> Line:
    return quantities.line_of(group[0][1], [need for _, _, need in group], customer)


def _lines(lines: Sequence[Line]) -> Lines:
    return Lines(
        tiles=[line for line in lines if isinstance(line, TileLine)],
        materials=[line for line in lines if not isinstance(line, TileLine)],
        total_price=sum((line.total_price or Decimal(0) for line in lines), Decimal("0.00")),
    )


def _lots(project: WholeProject) -> list[Warned]:
    """A product from several lots, shades or calibers: a top-up may be told from the rest."""
    seen: dict[tuple[str, str], set[str]] = {}
    for room in project.rooms:
        for surface in room.surfaces:
            for each in surface.selections:
                for kind in ("lot", "shade", "caliber"):
                    if marked := getattr(each, kind):
                        seen.setdefault((each.product_sku, kind), set()).add(marked)
    return [
        Warned(
            rule=f"{kind}s-differ",
            sentence=f"{sku} comes in the {kind}s {', '.join(sorted(marked))}: they may be told apart.",
            source="ANSI A137.1: shade and caliber are marked on each box",
            sku=sku,
        )
        for (sku, kind), marked in seen.items()
        if len(marked) > 1
    ]


def of_catalogue(row: Mapping[str, Any]) -> Product:
    """A row of the catalogue as a product to reckon with."""
    kind = row["product_type"]
    return Product.model_construct(
        sku=row["sku"],
        product_name=row["product_name"],
        product_type=kind if kind in get_args(ProductType) else "accessories",
        material=row["material"],
        size_length=_exactly(row["size_length"]),
        size_width=_exactly(row["size_width"]),
        size_thickness=_exactly(row["size_thickness"]),
        coverage_per_box=row["coverage_per_box"] or None,
        pieces_per_box=row["pieces_per_box"] or None,
        unit_of_measure=row["unit_of_measure"],
        price_retail=row["price_retail"],
        price_pro=row["price_pro"],
        in_stock=row["in_stock"] is not False,
        discontinued=bool(row["discontinued"]),
        special_order=bool(row["special_order"]),
        specification=Specification.model_validate(row["specification"], strict=False),
    )
