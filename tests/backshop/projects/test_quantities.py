"""Quantities: examples worked by hand, makers' and dealers' public figures, and what always
holds."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from backshop.projects.quantities import measures, rules, trade
from backshop.projects.quantities.models import Line, Measures, Quantities, TileLine
from hypothesis import given
from hypothesis import strategies as st

D = Decimal
TEC = "TEC Sturdi Flex product data, manualshelf.com/manual/tec/3300253117"


def calculate(
    surface: dict[str, Any] | list[dict[str, Any]], products: list[dict[str, Any]], **more: Any
) -> Quantities:
    surfaces = surface if isinstance(surface, list) else [surface]
    sent = {"surfaces": surfaces, "products": products, **more}
    return rules.calculate(Measures.model_validate(sent, strict=False))


def tile(**more: Any) -> dict[str, Any]:
    return {"sku": "tile", "product_type": "tile", **more}


def uses(*skus: str, **more: Any) -> list[dict[str, Any]]:
    return [{"sku": sku, **more} for sku in skus]


def near(amount: Decimal, expected: float, percent: float) -> bool:
    return abs(float(amount) - expected) <= expected * percent / 100


# ---------------------------------------------------------------- worked by hand


def test_d01_a_plain_floor_with_everything() -> None:
    found = calculate(
        {
            "length": "10'6\"",
            "width": "12'",
            "products": [*uses("tile", joint_in="1/8"), *uses("grout", "thinset")],
        },
        [
            tile(
                size_length=12,
                size_width=12,
                size_thickness="3/8",
                coverage_per_box=D(10),
                pieces_per_box=10,
            ),
            {"sku": "grout", "product_type": "grout", "specification": {"bag_lb": 25}},
            {"sku": "thinset", "product_type": "adhesive"},
        ],
    )
    floor, (grout, thinset) = found.tiles[0], found.materials
    assert (floor.net_sf, floor.order_sf, floor.boxes) == (D("126.00"), D("138.60"), 14)
    assert (floor.leftover_sf, floor.spare, floor.waste_percent) == (D("1.40"), D("14.00"), 10)
    assert near(grout.net, 7.96, 2)
    assert near(grout.order, 8.76, 2)
    assert (grout.packages, thinset.packages) == (1, 3)


def test_d02_a_box_multiple_takes_no_box_more() -> None:
    line = calculate({"area_sf": 100, "products": uses("tile")}, [tile(coverage_per_box=11)]).tiles[
        0
    ]
    assert (line.order_sf, line.boxes, line.leftover_sf, line.spare) == (110, 10, 0, 10)


def test_d03_three_shower_walls_with_a_window() -> None:
    found = calculate(
        {
            "surface_type": "shower_walls",
            "walls": [[3, 8], [5, 8], [3, 8]],
            "obstacles": [{"name": "window", "area": "2x3 ft"}],
            "pattern_type": "brick_pattern",
            "complexity_level": "moderate",
            "products": [
                *uses("tile", joint_in="1/16"),
                *uses("grout", "thinset"),
                *uses("silicone", runs=[8, 8, 11], bead_in=["1/8", "1/4"]),
            ],
        },
        [
            tile(
                size_length=3,
                size_width=6,
                size_thickness="5/16",
                coverage_per_box=12.5,
                pieces_per_box=100,
            ),
            {
                "sku": "grout",
                "product_type": "grout",
                "specification": {"grout_kind": "unsanded", "bag_lb": 10},
            },
            {"sku": "thinset", "product_type": "adhesive"},
            {"sku": "silicone", "product_type": "sealant", "specification": {"tube_floz": 10.1}},
        ],
    )
    walls, (grout, thinset, sealant) = found.tiles[0], found.materials
    assert (walls.net_sf, walls.order_sf, walls.boxes) == (82, D("93.48"), 8)
    assert walls.leftover_sf == D("6.52")
    assert near(grout.net, 6.50, 2)
    assert (grout.packages, thinset.packages, sealant.packages) == (1, 2, 1)
    assert sealant.net == 27
    assert any("coverage 95 %" in note for note in found.surfaces[0].notes)


def test_d04_metric_and_diagonal_with_an_island() -> None:
    found = calculate(
        {
            "length": "4.20 m",
            "width": "3.60 m",
            "obstacles": ["0.9 m x 1.5 m"],
            "pattern_type": "diagonal",
            "products": uses("tile"),
        },
        [tile(coverage_per_box=15.5)],
    )
    line = found.tiles[0]
    assert (found.surfaces[0].net_sf, found.surfaces[0].net_m2) == (D("148.22"), D("13.77"))
    assert (line.order_sf, line.boxes, line.leftover_sf) == (D("170.45"), 11, D("0.05"))


def test_d05_herringbone_from_boxes_of_a_square_metre() -> None:
    line = calculate(
        {"area_sf": 35, "pattern_type": "herringbone", "products": uses("tile")},
        [tile(coverage_per_box=10.76)],
    ).tiles[0]
    assert (line.order_sf, line.boxes, line.leftover_sf) == (42, 4, D("1.04"))


def test_d06_a_product_in_two_rooms_is_rounded_up_once() -> None:
    line = calculate(
        [{"area_sf": each, "products": uses("tile")} for each in (40, 30)],
        [tile(coverage_per_box=15.5, price_retail=4, unit_of_measure="sf")],
    ).tiles[0]
    assert (line.order_sf, line.boxes, line.packages_rounded_apart) == (77, 5, 6)
    assert line.leftover_sf == D("0.50")
    assert (line.quantity, line.total_price) == (D("77.50"), 310)
    assert sum(part.total_price or 0 for part in line.parts) == 310


def test_d07_edge_profiles_and_a_run_longer_than_the_stock() -> None:
    surface = {"area_sf": 60, "products": uses("edge", runs=["8'3\"", "8'3\"", "5'0\""])}

    def edge(joints: bool) -> dict[str, Any]:
        stock = {"stock_length": "8'2-1/2\"", "joints_allowed": joints}
        return {"sku": "edge", "product_type": "trim", "specification": stock}

    with_joints, without = calculate(surface, [edge(True)]), calculate(surface, [edge(False)])
    assert (with_joints.materials[0].net, with_joints.materials[0].packages) == (D("21.50"), 3)
    assert not with_joints.warnings
    assert [each.rule for each in without.warnings] == ["run-longer-than-stock"]
    assert without.materials[0].packages >= 3


def test_d08_a_membrane_with_one_mortar_under_and_over_it() -> None:
    found = calculate(
        {
            "area_sf": 140,
            "products": [
                *uses("membrane"),
                *uses("thinset", coverage_sf=80),
                *uses("thinset", coverage_sf=55),
            ],
        },
        [
            {
                "sku": "membrane",
                "product_type": "underlayment",
                "specification": {"coverage_sf": 150},
            },
            {"sku": "thinset", "product_type": "adhesive"},
        ],
    )
    membrane, thinset = found.materials
    assert (membrane.order, membrane.packages, membrane.leftover) == (147, 1, 3)
    assert thinset.packages == 5


def test_d09_sealant_by_the_tube() -> None:
    line = calculate(
        {"area_sf": 1, "products": uses("s", runs=[116], bead_in=["1/4", "1/8"])},
        [{"sku": "s", "product_type": "caulk", "specification": {"tube_floz": 10}}],
    ).materials[0]
    assert near(line.package_size or D(0), 48.13, 1)
    assert line.packages == 3


# ---------------------------------------------------------------- public figures of makers and
# dealers

MALENA = "worldclasstiles.com/malena: square feet and pieces of a box"
TREMCO = "midwestsealantsupply.com: 18.3 in³ in 10.1 oz, 36.6 in 20 oz, 48.7 in 27 oz"
DITRA = "Schluter DITRA 30 m roll, 2220002.com: 323 sf"


def boxes(area: int, **more: Any) -> TileLine:
    surface: dict[str, Any] = {
        key: more.pop(key) for key in ("pattern_type", "complexity_level") if key in more
    }
    return calculate({"area_sf": area, "products": uses("tile"), **surface}, [tile(**more)]).tiles[
        0
    ]


def test_malena_13_x_13() -> None:
    line = boxes(85, size_length=13, size_width=13, coverage_per_box=12.912, pieces_per_box=11)
    assert (line.order_sf, line.boxes) == (D("93.50"), 8), MALENA


def test_malena_10_x_16_whose_label_leaves_out_what_the_size_says() -> None:
    size = {"size_length": 10, "size_width": 16, "coverage_per_box": 10.76, "pieces_per_box": 10}
    found = calculate(
        {
            "area_sf": 60,
            "pattern_type": "brick_pattern",
            "complexity_level": "moderate",
            "waste_factor": D("0.14"),
            "products": uses("tile", joint_in="3/16"),
        },
        [tile(**size)],
    )
    assert (found.tiles[0].order_sf, found.tiles[0].boxes) == (D("68.40"), 7), MALENA
    assert {each.rule for each in found.warnings} == {"label-differs", "offset-too-large"}


def test_malena_8_x_10_in_herringbone() -> None:
    line = boxes(
        40, pattern_type="herringbone", complexity_level="complex", coverage_per_box=10.76,
        pieces_per_box=20, size_length=8, size_width=10,
    )  # fmt: skip
    assert (line.order_sf, line.boxes) == (50, 5), MALENA


def test_a_box_and_a_quarter_is_two() -> None:
    line = boxes(525, coverage_per_box=110)
    assert line.packages == 6, "carolinatile.com: 5.25 boxes are ordered as 6"


def test_grout_of_the_smallest_mosaic() -> None:
    """thebuilderdepot.com, 2010: 0.94 lb a square foot with 10 %, 96 sf are four bags of 25 lb."""
    line = calculate(
        {"area_sf": 96, "products": [*uses("tile", joint_in="1/16"), *uses("grout")]},
        [
            tile(size_length="3/8", size_width="3/8", size_thickness="3/8", coverage_per_box=10),
            {"sku": "grout", "product_type": "grout", "specification": {"grout_kind": "sanded"}},
        ],
    ).materials[0]
    assert near(line.order / 96, 0.94, 5)
    assert line.packages == 4


@pytest.mark.parametrize(
    "ounces, bead, feet",
    [(10.1, ["1/2", "1/4"], 18.3 / 1.5), (20, ["1/4", "1/4"], 36.6 / 0.75), (27, ["3/8", "3/8"], 48.7 / 1.6875)],
)  # fmt: skip
def test_sealant_in_cartridges_and_sausages(ounces: float, bead: list[str], feet: float) -> None:
    line = calculate(
        {"area_sf": 1, "products": uses("s", runs=[100], bead_in=bead)},
        [{"sku": "s", "product_type": "sealant", "specification": {"tube_floz": ounces}}],
    ).materials[0]
    assert near(line.package_size or D(0), feet, 2), TREMCO
    assert line.packages == -(-105 // feet)


@pytest.mark.parametrize("trowel, bags", [("1/4x1/4", 3), ("1/4x3/8", 4)])
def test_thinset_by_the_low_end_of_the_makers_range(trowel: str, bags: int) -> None:
    line = calculate(
        {"area_sf": 200, "products": uses("t", trowel=trowel)},
        [{"sku": "t", "product_type": "adhesive"}],
    ).materials[0]
    assert line.packages == bags, TEC


def test_a_roll_of_323_square_feet() -> None:
    line = calculate(
        {"area_sf": 300, "products": uses("m")},
        [{"sku": "m", "product_type": "underlayment", "specification": {"coverage_sf": 323}}],
    ).materials[0]
    assert (line.order, line.packages, line.leftover) == (315, 1, 8), DITRA


def test_mastic_by_the_gallon() -> None:
    line = calculate(
        {"area_sf": 90, "products": uses("m")},
        [{"sku": "m", "product_type": "adhesive", "unit_of_measure": "gallon"}],
    ).materials[0]
    assert (line.packages, line.package) == (5, "gallon")


def test_clips_of_a_levelling_system() -> None:
    """engineerfix.com: 2.12 a square foot for 12 × 24, 212 for a hundred; and 10 %."""
    line = calculate(
        {"area_sf": 100, "products": uses("c")},
        [
            {
                "sku": "c",
                "product_type": "spacers",
                "specification": {"pieces_per_sf": 2.12, "pieces_per_pack": 100},
            }
        ],
    ).materials[0]
    assert (line.net, line.order, line.packages) == (212, D("233.20"), 3)


def test_self_leveller_by_the_bag() -> None:
    line = calculate(
        {"area_sf": 100, "products": uses("l", coverage_sf=21)},
        [{"sku": "l", "product_type": "adhesive"}],
    ).materials[0]
    assert line.packages == 5, "21–24 sf per 50 lb at 1/4 in"


# ---------------------------------------------------------------- waste, prices, advice


def test_waste_grows_with_large_tiles_and_soft_stone() -> None:
    def percent(pattern: trade.Pattern, complexity: trade.Complexity, **more: Any) -> int:
        made = calculate(
            {
                "area_sf": 100,
                "pattern_type": pattern,
                "complexity_level": complexity,
                "products": uses("tile"),
            },
            [tile(**more)],
        )
        return int(made.tiles[0].waste_percent)

    assert percent("straight_lay", "simple") == 10
    assert percent("straight_lay", "simple", size_length=18, size_width=18) == 13
    assert percent("straight_lay", "simple", material="Marble") == 15
    assert (
        percent("diagonal", "complex", material="travertine", size_length=24, size_width=24) == 20
    )
    assert percent("herringbone", "complex", material="slate") == 25
    assert percent("straight_lay", "simple", material="porcelain") == 10


def test_every_default_has_a_source_and_grows_with_complexity() -> None:
    for waste in trade.WASTE.values():
        assert waste.source
        assert waste.simple <= waste.moderate <= waste.complex


@pytest.mark.parametrize(
    "customer, kind, price",
    [
        (None, "retail", 5),
        ({"customer_type": "diy_homeowner", "pro_account_number": "P-1"}, "retail", 5),
        ({"customer_type": "contractor"}, "retail", 5),
        ({"customer_type": "contractor", "pro_account_number": "P-1"}, "pro", 4),
        ({"customer_type": "designer", "pro_account_number": "P-1"}, "pro", 4),
    ],
)
def test_professionals_with_an_account_pay_the_pro_price(
    customer: dict[str, str] | None, kind: str, price: int
) -> None:
    line = calculate(
        {"area_sf": 10, "products": uses("tile")},
        [tile(coverage_per_box=11, price_retail=5, price_pro=4)],
        customer=customer,
    ).tiles[0]
    assert (line.price_kind, line.price_per_unit) == (kind, price)
    assert line.total_price == 11 * price


def test_flags_and_rules_warn_and_block_nothing() -> None:
    found = calculate(
        {
            "length": 30,
            "width": 13,
            "pattern_type": "brick_pattern",
            "products": [
                *uses("tile", joint_in="1/32"),
                *uses("grout", joint_in="3/16"),
                *uses("?"),
            ],
        },
        [
            tile(
                size_length=24,
                size_width=12,
                size_thickness="3/8",
                coverage_per_box=16,
                in_stock=False,
                discontinued=True,
                special_order=True,
                specification={"rectified": True},
            ),
            {"sku": "grout", "product_type": "grout", "specification": {"grout_kind": "unsanded"}},
        ],
    )
    assert {each.rule for each in found.warnings} == {
        "discontinued", "special-order", "out-of-stock", "offset-too-large", "joint-too-narrow",
        "joint-too-narrow-for-offset", "unsanded-grout", "movement-joints", "unknown-product",
    }  # fmt: skip
    assert all(each.source for each in found.warnings)
    assert found.tiles[0].flags == ["discontinued", "special_order", "out_of_stock"]
    assert found.tiles[0].boxes == 29, "390 sf and 12 + 3 %"


def test_a_third_is_a_fine_offset() -> None:
    found = calculate(
        {
            "area_sf": 10,
            "pattern_type": "brick_pattern",
            "offset": D("0.33"),
            "products": uses("tile", joint_in="3/16"),
        },
        [tile(size_length=24, size_width=12, coverage_per_box=16)],
    )
    assert not found.warnings


# ---------------------------------------------------------------- measures as people write them


@pytest.mark.parametrize(
    "text",
    ["10'6\"", "10' 6\"", "10'-6\"", "10 ft 6", "10 ft 6 in", "10ft6in", "10 feet 6 inches", "10.5",
     "10.5 ft", "10 1/2 ft", "10-1/2", "126 in", "126\"", "3.5 yd", "10′6″", "10’ 6”", "10 FT. 6 IN.",
     "320.04 cm", "3200.4 mm", "3.2004 m", " 10.5 ", "10½", "10' 6''", "10 Foot 6"],
)  # fmt: skip
def test_ten_feet_six_in_any_usual_spelling(text: str) -> None:
    assert measures.length(text) == 126


@pytest.mark.parametrize(
    "text", ["", "ten", "10 6", "-3", "1,200", "1.200,5", "5/0", "3 miles", "1e3"]
)
def test_what_is_no_length_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write a length as"):
        measures.length(text)


def test_sizes_areas_and_decimal_commas() -> None:
    assert measures.length("11-13/16", "in") == Fraction(189, 16)
    assert measures.length("4,20 m") == measures.length("4.20 m")
    assert measures.area("2x3 ft") == measures.area("2 ft by 3 ft") == measures.area("6 sq ft") == 6
    assert round(float(measures.area("13.77 m²")), 2) == 148.22
    assert measures.area("20 in x 36 in") == 5


# ---------------------------------------------------------------- what always holds

AREAS = st.decimals(0, 20_000, places=2, allow_nan=False)
WASTES = st.decimals(0, 1, places=2, allow_nan=False)
COVERS = st.decimals("0.01", 500, places=2, allow_nan=False)
PRICES = st.decimals(0, 10_000, places=2, allow_nan=False)


def line_for(areas: list[Decimal], waste: Decimal, cover: Decimal, price: Decimal) -> Line:
    return calculate(
        [{"area_sf": each, "waste_factor": waste, "products": uses("tile")} for each in areas],
        [tile(coverage_per_box=cover, price_retail=price, unit_of_measure="box")],
    ).tiles[0]


@given(st.lists(AREAS, min_size=1, max_size=6), WASTES, COVERS, PRICES)
def test_boxes_cover_what_is_needed_and_parts_make_the_whole(
    areas: list[Decimal], waste: Decimal, cover: Decimal, price: Decimal
) -> None:
    line = line_for(areas, waste, cover, price)
    needed = sum(areas) * (1 + waste)
    assert line.packages * cover >= needed
    assert (line.packages - 1) * cover < needed or line.packages == 0
    assert line.packages <= line.packages_rounded_apart
    assert min(line.leftover, line.spare, line.net, line.order) >= 0
    assert line.total_price == line.packages * price
    assert sum(part.total_price or 0 for part in line.parts) == line.total_price
    assert sum(part.quantity for part in line.parts) == line.quantity
    assert all(part.quantity >= 0 and (part.total_price or 0) >= 0 for part in line.parts)


@given(AREAS, AREAS, WASTES, WASTES, COVERS)
def test_more_area_or_waste_never_takes_fewer_boxes(
    area: Decimal, more: Decimal, waste: Decimal, other: Decimal, cover: Decimal
) -> None:
    low, high = sorted([waste, other])
    least = line_for([area], low, cover, D(1))
    assert line_for([area + more], low, cover, D(1)).packages >= least.packages
    assert line_for([area], high, cover, D(1)).packages >= least.packages


@given(st.lists(AREAS, min_size=1, max_size=4), WASTES)
def test_tile_without_a_box_is_never_less_than_needed(areas: list[Decimal], waste: Decimal) -> None:
    surfaces = [
        {"area_sf": each, "waste_factor": waste, "products": uses("tile")} for each in areas
    ]
    line = calculate(surfaces, [tile()]).tiles[0]
    needed = sum(areas) * (1 + waste)
    assert needed <= line.quantity < needed + D("0.01")
    assert sum(part.quantity for part in line.parts) == line.quantity


@given(st.decimals(0, 100_000, places=2), st.lists(st.fractions(0, 1000), min_size=1, max_size=9))
def test_shares_make_the_total_and_none_is_off_by_a_cent(
    total: Decimal, weights: list[Fraction]
) -> None:
    parts = rules.shared(total, weights)
    assert sum(parts) == total
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(Fraction(part) - Fraction(total) * weight / sum(weights)) < Fraction(1, 100)


@given(
    st.lists(st.fractions(Fraction(1, 10), 20, max_denominator=16), min_size=1, max_size=12),
    st.fractions(1, 12, max_denominator=16),
)
def test_pieces_hold_all_runs(runs: list[Fraction], stock: Fraction) -> None:
    assert rules.pieces_of(runs, stock) * stock >= sum(runs)


@given(st.sampled_from(sorted(trade.WASTE)), AREAS.filter(bool), st.sampled_from([6, 12, 18, 24]))
def test_materials_are_never_less_than_their_net(
    pattern: trade.Pattern, area: Decimal, size: int
) -> None:
    kinds = ["grout", "adhesive", "underlayment", "spacers", "trim", "sealant"]
    found = calculate(
        {
            "area_sf": area,
            "pattern_type": pattern,
            "products": [*uses("tile"), *uses(*kinds, runs=[7, "3'2\""])],
        },
        [
            tile(size_length=size, size_width=size, size_thickness="3/8", pieces_per_box=8),
            *(
                {"sku": kind, "product_type": kind, "specification": {"stock_length": 8}}
                for kind in kinds
            ),
        ],
    )
    assert len(found.materials) == len(kinds)
    for line in (*found.tiles, *found.materials):
        assert line.order >= line.net > 0 or line.net < D("0.01")
        if line.package_size is not None:
            assert line.packages * line.package_size + D("0.01") * line.packages >= line.order
