"""Areas, waste, packages and prices of a whole project at once: a product that two rooms share is
rounded up once.

Everything is exact until it is shown: fractions, never binary floats, in which 100 × 1.1 takes a
box too many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from backshop.projects.fields import ProductType, Unit
from backshop.projects.quantities import advice, trade
from backshop.projects.quantities.measures import SQUARE_METER, exact
from backshop.projects.quantities.models import (
    Customer,
    Line,
    Measures,
    Obstacle,
    Part,
    Product,
    Quantities,
    Surface,
    SurfaceArea,
    TileLine,
    Use,
    Warned,
    plain,
    up,
)

WALLS = frozenset(
    ["backsplash", "shower_walls", "tub_surround", "accent_wall", "fireplace", "wainscoting",
     "exterior_wall"]
)  # fmt: skip
THREE_WALLS = frozenset(["shower_walls", "tub_surround"])
PROFESSIONALS = frozenset(["contractor", "designer", "builder"])
JOINT = Fraction(1, 8)
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Area:
    """Square feet."""

    gross: Fraction
    obstacles: Fraction

    @property
    def net(self) -> Fraction:
        return max(ZERO, self.gross - self.obstacles)


def area_of(surface: Surface) -> Area:
    """The area as given, which is net, or from measures less obstacles.

    Walls around a shower or tub are its back (`length`) and two sides (`width`) of one height.
    """
    if surface.area_sf is not None:
        return Area(surface.area_sf, ZERO)
    obstacles = sum(
        (each.area if isinstance(each, Obstacle) else each for each in surface.obstacles), ZERO
    )
    return Area(_gross(surface), obstacles)


def _gross(surface: Surface) -> Fraction:
    if surface.walls:
        return sum((long * high for long, high in surface.walls), ZERO)
    length, width, height = surface.length or ZERO, surface.width, surface.height
    if height is not None and (surface.surface_type in WALLS or width is None):
        sides = 2 * (width or ZERO) if surface.surface_type in THREE_WALLS else ZERO
        return (length + sides) * height
    return length * (width or ZERO)


def default_waste(
    pattern: trade.Pattern, complexity: trade.Complexity, tile: Product | None = None
) -> Fraction:
    """The share that the trade adds for cuts and breakage: 0.1 is 10 %."""
    table = getattr(trade.WASTE[pattern], complexity)
    percent = table
    if tile and (advice.largest_side(tile) or 0) >= trade.LARGE_SIDE:
        percent += trade.LARGE_WASTE
    if tile and (tile.material or "").strip().lower() in trade.SOFT_STONE:
        least, most = trade.STONE_WASTE
        percent = max(table, min(max(percent, least), most))
    return Fraction(percent, 100)


def price_for(
    product: Product, customer: Customer | None
) -> tuple[Literal["retail", "pro"] | None, Decimal | None]:
    """Professionals with an account pay the pro price where there is one."""
    professional = (
        customer is not None
        and customer.customer_type in PROFESSIONALS
        and bool(customer.pro_account_number)
    )
    if professional and product.price_pro is not None:
        return "pro", product.price_pro
    return ("retail" if product.price_retail is not None else None), product.price_retail


# ---------------------------------------------------------------- what a product is sold in


@dataclass(frozen=True, slots=True)
class Package:
    """`kind` holds `size` of what is measured in `measured_in`; None is sold by that measure
    itself."""

    kind: Literal["box", "bag", "roll", "tube", "pack", "piece", "gallon", "sf"]
    measured_in: Literal["sf", "lb", "linear_ft", "piece", "gallon", "bag"]
    size: Fraction | None
    unit: Unit


_NO_PACKAGE = Package("piece", "piece", Fraction(1), "piece")


def face_sf(tile: Product) -> Fraction | None:
    """Nominal area of one tile, in square feet."""
    if not tile.size_length or not tile.size_width:
        return None
    return tile.size_length * tile.size_width / 144


def box_sf(tile: Product) -> Fraction | None:
    """What a box covers: as its label says, else its pieces at nominal size."""
    if tile.coverage_per_box is not None:
        return exact(tile.coverage_per_box)
    face = face_sf(tile)
    return tile.pieces_per_box * face if tile.pieces_per_box and face else None


def tube_feet(product: Product, use: Use) -> Fraction:
    """How far a tube goes with the bead's width and depth."""
    fluid_ounces = product.specification.tube_floz
    ounces = exact(fluid_ounces) if fluid_ounces else trade.TUBE_OUNCES
    width, depth = use.bead_in or trade.BEAD
    return ounces * trade.OUNCE / (width * depth * 12) if width and depth else ZERO


def _tile_package(product: Product, _use: Use) -> Package:
    if box := box_sf(product):
        return Package("box", "sf", box, "sf")
    if face := face_sf(product):
        return Package("piece", "sf", face, "piece")
    return Package("sf", "sf", None, "sf")


def _trim_package(product: Product, _use: Use) -> Package:
    stock = product.specification.stock_length
    return Package("piece", "linear_ft", stock or None, "piece")


def _grout_package(product: Product, _use: Use) -> Package:
    bag = product.specification.bag_lb
    return Package("bag", "lb", exact(bag) if bag else trade.GROUT_BAG, "bag")


def _adhesive_package(product: Product, _use: Use) -> Package:
    if product.unit_of_measure == "gallon":
        return Package("gallon", "gallon", Fraction(1), "gallon")
    return Package("bag", "bag", Fraction(1), "bag")


def _underlayment_package(product: Product, use: Use) -> Package:
    cover = use.coverage_sf or product.specification.coverage_sf
    if cover is None:
        return Package("sf", "sf", None, "sf")
    return Package("roll", "sf", exact(cover), "piece")


def _sealant_package(product: Product, use: Use) -> Package:
    return Package("tube", "linear_ft", tube_feet(product, use) or None, "tube")


def _spacers_package(product: Product, _use: Use) -> Package:
    pack = product.specification.pieces_per_pack
    return Package("pack" if pack else "piece", "piece", Fraction(pack or 1), "box")


def _piece_package(_product: Product, _use: Use) -> Package:
    return Package("piece", "piece", Fraction(1), "piece")


PACKAGES: dict[ProductType, Callable[[Product, Use], Package]] = {
    "tile": _tile_package,
    "trim": _trim_package,
    "grout": _grout_package,
    "adhesive": _adhesive_package,
    "underlayment": _underlayment_package,
    "sealant": _sealant_package,
    "caulk": _sealant_package,
    "spacers": _spacers_package,
    "tools": _piece_package,
    "accessories": _piece_package,
}


def units_in(package: Package, unit: Unit, product: Product) -> Fraction:
    """How many of `unit`, which the price is for, are in a package."""
    if package.size is not None and (unit, package.measured_in) in {
        ("sf", "sf"),
        ("linear_ft", "linear_ft"),
    }:
        return package.size
    if unit == "piece" and package.kind == "box" and product.pieces_per_box:
        return Fraction(product.pieces_per_box)
    if unit == "piece" and package.kind == "pack":
        return package.size or Fraction(1)
    return Fraction(1)


# ---------------------------------------------------------------- what a surface takes


@dataclass(frozen=True, slots=True)
class Place:
    """A surface with its name among the others, its net area and the tile that is set on it."""

    name: str
    surface: Surface
    net: Fraction
    tile: Product | None
    joint: Fraction


@dataclass(frozen=True, slots=True)
class Need:
    """What one use takes, in the package's measure; `given` where somebody fixed the quantity."""

    place: Place
    use: Use
    net: Fraction
    order: Fraction
    given: Decimal | None = None
    basis: str = ""
    lacks: str = ""
    """What would have to be known to reckon it."""
    package: Package = _NO_PACKAGE

    @property
    def packages(self) -> Fraction:
        return self.order / (self.package.size or 1)


def grout_share(length: Fraction, width: Fraction, joint: Fraction) -> Fraction:
    """The share of the surface that is joint."""
    return joint * (length + width + joint) / ((length + joint) * (width + joint))


def grout_lb_per_sf(tile: Product, joint: Fraction, density: Fraction) -> Fraction | None:
    """Pounds a square foot of joints as deep as the tile is thick; None where a size is missing."""
    if not tile.size_length or not tile.size_width or not tile.size_thickness:
        return None
    share = grout_share(tile.size_length, tile.size_width, joint)
    return density * tile.size_thickness / 12 * share


def _allowance(product: Product, usual: Fraction) -> Fraction:
    allowance = product.specification.allowance
    return usual if allowance is None else exact(allowance)


def _tile_need(place: Place, product: Product, use: Use) -> Need:
    surface = place.surface
    factor = use.waste_factor if use.waste_factor is not None else surface.waste_factor
    if factor is not None:
        waste, basis = exact(factor), "waste as given"
    else:
        waste = default_waste(surface.pattern_type, surface.complexity_level, product)
        basis = f"waste of {surface.pattern_type}: {trade.WASTE[surface.pattern_type].source}"
    return Need(place, use, place.net, place.net * (1 + waste), basis=basis)


def _trim_need(place: Place, product: Product, use: Use) -> Need:
    long = sum(use.runs, ZERO)
    order = long * (1 + _allowance(product, trade.TRIM_ALLOWANCE))
    lacks = "" if use.runs else "the lengths of its runs"
    return Need(place, use, long, order, basis="length and 10 % (floorone, planitdiy)", lacks=lacks)


def _grout_need(place: Place, product: Product, use: Use) -> Need:
    specification = product.specification
    kind = specification.grout_kind or ("unsanded" if place.joint < JOINT else "sanded")
    density = (
        exact(specification.density_lb_ft3) if specification.density_lb_ft3 else trade.DENSITY[kind]
    )
    joint = use.joint_in if use.joint_in is not None else place.joint
    pounds = grout_lb_per_sf(place.tile, joint, density) if place.tile else None
    if pounds is None:
        return Need(place, use, ZERO, ZERO, lacks="a tile with length, width and thickness")
    net = place.net * pounds
    order = net * (1 + _allowance(product, trade.GROUT_ALLOWANCE))
    return Need(place, use, net, order, basis=f"{kind}: {trade.GROUT_TABLE}")


def _adhesive_need(place: Place, product: Product, use: Use) -> Need:
    coverage = use.coverage_sf or product.specification.coverage_sf
    if coverage is not None:
        cover, basis = exact(coverage), "coverage as given, at its low end"
    elif product.unit_of_measure == "gallon":
        cover, basis = Fraction(trade.MASTIC[0]), trade.MASTIC[1]
    else:
        side = advice.largest_side(place.tile) if place.tile else None
        low, basis = trade.THINSET[use.trowel or trade.trowel_for(side)]
        pounds = exact(product.specification.bag_lb or trade.THINSET_BAG)
        cover = low * pounds / trade.THINSET_BAG
    packages = place.net / cover * (1 + _allowance(product, ZERO))
    return Need(place, use, place.net / cover, packages, basis=basis)


def _underlayment_need(place: Place, product: Product, use: Use) -> Need:
    order = place.net * (1 + _allowance(product, trade.UNDERLAYMENT_ALLOWANCE))
    return Need(place, use, place.net, order, basis="5 % for cuts; 5–8 % are usual")


def _sealant_need(place: Place, product: Product, use: Use) -> Need:
    long = sum(use.runs, ZERO)
    order = long * (1 + _allowance(product, trade.SEALANT_ALLOWANCE))
    lacks = "" if use.runs else "the lengths of the joints"
    if not tube_feet(product, use):
        lacks = "a bead with width and depth"
    return Need(place, use, long, order, basis="volume of the bead and 5 % (angi)", lacks=lacks)


def _spacers_need(place: Place, product: Product, use: Use) -> Need:
    face = face_sf(place.tile) if place.tile else None
    specification = product.specification
    if specification.pieces_per_sf:
        net = place.net * exact(specification.pieces_per_sf)
    elif face:
        net = ceil(place.net / face) * exact(specification.pieces_per_tile or trade.SPACERS_A_TILE)
    else:
        return Need(place, use, ZERO, ZERO, lacks="a tile with length and width")
    order = net * (1 + _allowance(product, trade.SPACER_ALLOWANCE))
    return Need(place, use, net, order, basis="4 a tile and 10 %")


def _piece_need(place: Place, _product: Product, use: Use) -> Need:
    return Need(place, use, Fraction(1), Fraction(1), basis="one, where no quantity is given")


NEEDS: dict[ProductType, Callable[[Place, Product, Use], Need]] = {
    "tile": _tile_need,
    "trim": _trim_need,
    "grout": _grout_need,
    "adhesive": _adhesive_need,
    "underlayment": _underlayment_need,
    "sealant": _sealant_need,
    "caulk": _sealant_need,
    "spacers": _spacers_need,
    "tools": _piece_need,
    "accessories": _piece_need,
}


def need_of(place: Place, product: Product, use: Use) -> Need:
    """What a use takes, as somebody gave it or as it is reckoned."""
    package = PACKAGES[product.product_type](product, use)
    reckoned = replace(NEEDS[product.product_type](place, product, use), package=package)
    if use.quantity is None:
        return reckoned
    unit = product.unit_of_measure or package.unit
    amount = exact(use.quantity) / units_in(package, unit, product) * (package.size or 1)
    return replace(
        reckoned,
        net=min(reckoned.net, amount),
        order=amount,
        given=use.quantity,
        basis="quantity as given",
        lacks="",
    )


# ---------------------------------------------------------------- rounding up, once


def pieces_of(runs: Sequence[Fraction], stock: Fraction) -> int:
    """How many lengths the runs are cut from without joints, the longest first; a run longer than
    the stock takes as many as it is long."""
    left: list[Fraction] = []
    pieces = 0
    for run in sorted(runs, reverse=True):
        if run > stock:
            pieces += ceil(run / stock)
            continue
        fits = [index for index, rest in enumerate(left) if rest >= run]
        if fits:
            left[fits[0]] -= run
        else:
            left.append(stock - run)
    return pieces + len(left)


def _whole(product: Product, needs: Sequence[Need]) -> Fraction:
    """Whole packages for all needs together; what is sold by its measure is not rounded up."""
    packages = sum((need.packages for need in needs), ZERO)
    if not needs or needs[0].package.size is None:
        return packages
    whole = ceil(packages)
    if product.product_type == "trim" and not product.specification.joints_allowed:
        runs = [run for need in needs for run in need.use.runs]
        whole = max(whole, pieces_of(runs, needs[0].package.size))
    return Fraction(whole)


def shared(total: Decimal, weights: Sequence[Fraction], places: int = 2) -> list[Decimal]:
    """`total` in parts as the weights are, whose sum is the total: what rounding down leaves goes
    to those that lost most by it."""
    whole = sum(weights, ZERO)
    unit = Decimal(1).scaleb(-places)
    count = int(total / unit)
    if not whole:
        return [total if index == 0 else Decimal(0) * unit for index in range(len(weights))]
    ideal = [weight / whole * count for weight in weights]
    floors = [int(each) for each in ideal]
    order = sorted(range(len(weights)), key=lambda at: (floors[at] - ideal[at], at))
    for at in order[: count - sum(floors)]:
        floors[at] += 1
    return [each * unit for each in floors]


def line_of(product: Product, needs: Sequence[Need], customer: Customer | None) -> Line:
    """The line of a product over the whole project: what is reckoned is rounded up together, what
    is given stays as it is."""
    package = needs[0].package
    unit = product.unit_of_measure or package.unit
    per = units_in(package, unit, product)
    reckoned = [need for need in needs if need.given is None]
    fixed = sum((need.packages for need in needs if need.given is not None), ZERO)
    whole = _whole(product, reckoned)
    kind, price = price_for(product, customer)
    # What is sold by its measure is never less than what is needed.
    quantity = up(whole * per) if package.size is None else plain(whole * per)
    parts = _parts(needs, quantity, price)
    size = package.size or Fraction(1)
    order = sum((need.order for need in needs), ZERO)
    net = sum((need.net for need in needs), ZERO)
    exactly = sum((need.packages for need in needs), ZERO)
    leftover = max(ZERO, whole + fixed - exactly) * size
    apart = sum((_whole(product, [need]) for need in reckoned), ZERO)
    figures: dict[str, Any] = {
        "sku": product.sku,
        "product_name": product.product_name,
        "measured_in": package.measured_in,
        "net": plain(net),
        "order": plain(order),
        "waste_percent": _percent(net, order),
        "package": package.kind,
        "packages": _count(whole + fixed),
        "package_size": None if package.size is None else plain(package.size),
        "leftover": plain(leftover),
        "spare": plain(leftover + order - net),
        "packages_rounded_apart": _count(apart + fixed),
        "unit_of_measure": unit,
        "quantity": sum((part.quantity for part in parts), Decimal(0)),
        "price_kind": kind,
        "price_per_unit": price,
        "total_price": (
            None if price is None else sum((part.total_price or 0 for part in parts), Decimal(0))
        ),
        "flags": advice.flags(product),
        "basis": "; ".join(dict.fromkeys(need.basis for need in needs)),
        "parts": parts,
    }
    if product.product_type == "tile":
        return TileLine(
            **figures,
            net_sf=figures["net"],
            order_sf=figures["order"],
            boxes=figures["packages"],
            leftover_sf=figures["leftover"],
        )
    return Line(product_type=product.product_type, **figures)


def _parts(needs: Sequence[Need], quantity: Decimal, price: Decimal | None) -> list[Part]:
    """`quantity` of what is reckoned, and its price, shared among the needs."""
    weights = [need.packages for need in needs if need.given is None]
    quantities = iter(shared(quantity, weights))
    prices: Iterator[Decimal] = iter(())
    if price is not None:
        prices = iter(shared(plain(exact(quantity) * exact(price)), weights))
    parts = []
    for need in needs:
        if need.given is None:
            amount, total = next(quantities), next(prices, None)
        else:
            amount = need.given
            total = None if price is None else plain(exact(amount) * exact(price))
        parts.append(_part(need, amount, total))
    return parts


def _part(need: Need, quantity: Decimal, total: Decimal | None) -> Part:
    return Part(
        surface=need.place.name,
        net=plain(need.net),
        waste_percent=_percent(need.net, need.order),
        order=plain(need.order),
        quantity=quantity,
        total_price=total,
    )


def _count(packages: Fraction) -> Decimal:
    """Whole packages without decimals."""
    return Decimal(int(packages)) if packages.denominator == 1 else plain(packages)


def _percent(net: Fraction, order: Fraction) -> Decimal:
    return plain((order / net - 1) * 100) if net else Decimal("0.00")


# ---------------------------------------------------------------- the whole


def calculate(measures: Measures) -> Quantities:
    """Everything that the surfaces take, with what the trade advises against."""
    products = {product.sku: product for product in measures.products}
    warnings = advice.of_products(measures.products)
    needs: dict[str, list[Need]] = {}
    areas = []
    for number, surface in enumerate(measures.surfaces, 1):
        area = area_of(surface)
        place = place_of(surface, number, area.net, products)
        areas.append(shown(place, area))
        warnings += advice.of_surface(surface, place.name, area.gross, area.obstacles)
        for use in surface.products:
            warnings += _add(needs, place, use, products.get(use.sku))
    lines = [line_of(products[sku], each, measures.customer) for sku, each in needs.items()]
    return Quantities(
        surfaces=areas,
        tiles=[line for line in lines if isinstance(line, TileLine)],
        materials=[line for line in lines if not isinstance(line, TileLine)],
        total_price=sum((line.total_price or Decimal(0) for line in lines), Decimal("0.00")),
        warnings=warnings,
    )


def place_of(surface: Surface, number: int, net: Fraction, products: dict[str, Product]) -> Place:
    """A surface with the first tile among its products."""
    name = surface.name or f"{surface.surface_type} {number}"
    for use in surface.products:
        tile = products.get(use.sku)
        if tile and tile.product_type == "tile":
            return Place(name, surface, net, tile, JOINT if use.joint_in is None else use.joint_in)
    return Place(name, surface, net, None, JOINT)


def shown(place: Place, area: Area) -> SurfaceArea:
    surface = place.surface
    return SurfaceArea(
        name=place.name,
        room=surface.room,
        gross_sf=plain(area.gross),
        obstacles_sf=plain(area.obstacles),
        net_sf=plain(area.net),
        net_m2=plain(area.net / SQUARE_METER),
        pattern_type=surface.pattern_type,
        complexity_level=surface.complexity_level,
        notes=advice.notes(surface, place.tile),
    )


def _add(
    needs: dict[str, list[Need]], place: Place, use: Use, product: Product | None
) -> list[Warned]:
    """Put a use among the others of its product; what the trade says of it."""
    if product is None:
        return [advice.unknown(use.sku, place.name)]
    need = need_of(place, product, use)
    if need.lacks:
        return [advice.lacking(product.sku, place.name, need.lacks)]
    needs.setdefault(product.sku, []).append(need)
    return advice.of_use(place.surface, place.name, place.joint, product, use)
