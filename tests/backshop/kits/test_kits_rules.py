from datetime import UTC, datetime, timedelta

import pytest
from backshop.errors import Conflict, Problem, Unprocessable
from backshop.kits.batches import rules as batches_rules
from backshop.kits.batches.models import BatchStatus
from backshop.kits.deliveries import rules as deliveries_rules
from backshop.kits.deliveries.models import Delivery, DeliveryChange, Stage
from backshop.kits.follow_ups import rules as follow_ups_rules
from backshop.kits.models import OtpSettings
from backshop.kits.otp import rules as otp_rules
from backshop.kits.otp.models import SendLimit
from backshop.kits.reconcile import rules as reconcile_rules
from backshop.kits.reconcile.models import PlatformDelivery, Reaction
from backshop.kits.tracking import rules as tracking_rules
from backshop.kits.tracking.models import StageEvent
from hypothesis import given
from hypothesis import strategies as st

stages = st.sampled_from(Stage)
numbers = st.one_of(st.none(), st.sampled_from(["TE-1", "TE-2"]))


def at(stage: str, number: str | None = None, version: int = 1) -> Delivery:
    return Delivery(stage=Stage(stage), tracking_number=number, version=version)


def to(stage: str, number: str | None = None, **more: object) -> DeliveryChange:
    return DeliveryChange.model_validate({"stage": stage, "tracking_number": number, **more})


# ------------------------------------------------------------------------- staff's changes


def test_forward_step_by_step_or_skipping() -> None:
    assert deliveries_rules.advance(at("ORDER_CONFIRMED"), to("SOURCING")) == at(
        "SOURCING", version=2
    )
    assert deliveries_rules.advance(at("ORDER_CONFIRMED"), to("DELIVERED", "TE-1")) == at(
        "DELIVERED", "TE-1", 2
    )


def test_a_tracking_number_may_come_before_dispatch_and_is_kept() -> None:
    arrived = deliveries_rules.advance(at("SOURCING"), to("ARRIVED", "TE-1"))
    assert arrived == at("ARRIVED", "TE-1", 2)
    assert deliveries_rules.advance(arrived, to("DISPATCHED")) == at("DISPATCHED", "TE-1", 3)


def test_repeating_changes_nothing() -> None:
    held = at("DISPATCHED", "TE-1")
    assert deliveries_rules.advance(held, to("DISPATCHED")) is None
    assert deliveries_rules.advance(held, to("DISPATCHED", "TE-1", version=0, note="again")) is None


@pytest.mark.parametrize(
    ("before", "change", "error", "slug"),
    [
        (at("ARRIVED"), to("SOURCING"), Conflict, "delivery-goes-back"),
        (at("ARRIVED"), to("DISPATCHED"), Unprocessable, "tracking-number-missing"),
        (at("DISPATCHED", "TE-1"), to("DISPATCHED", "TE-2"), Conflict, "tracking-number-differs"),
        (at("DISPATCHED", "TE-1"), to("DELIVERED", "TE-2"), Conflict, "tracking-number-differs"),
        (at("ARRIVED"), to("SOURCING", correct=True), Unprocessable, "note-missing"),
        (at("ARRIVED", version=3), to("DELIVERED", "T", version=2), Conflict, "delivery-changed"),
    ],
)
def test_what_is_refused(
    before: Delivery, change: DeliveryChange, error: type[Problem], slug: str
) -> None:
    with pytest.raises(error) as refused:
        deliveries_rules.advance(before, change)
    assert refused.value.slug == slug


def test_back_with_a_note_takes_the_couriers_number_away() -> None:
    correction = to("SOURCING", correct=True, note="wrong order")
    assert deliveries_rules.advance(at("DISPATCHED", "TE-1"), correction) == at("SOURCING", None, 2)
    replaced = to("DISPATCHED", "TE-2", correct=True, note="typing error")
    assert deliveries_rules.advance(at("DISPATCHED", "TE-1"), replaced) == at(
        "DISPATCHED", "TE-2", 2
    )


@given(stages, numbers, stages, numbers, st.booleans())
def test_whatever_is_asked_the_outcome_is_lawful(
    start: Stage, held: str | None, asked: Stage, number: str | None, correct: bool
) -> None:
    before = Delivery(stage=start, tracking_number=held or "TE-0", version=4)
    change = DeliveryChange(
        stage=asked, tracking_number=number, correct=correct, note="why" if correct else None
    )
    try:
        after = deliveries_rules.advance(before, change)
    except Problem:
        assert not correct or deliveries_rules.shows_tracking(asked)
        return
    if after is None:
        assert before.stage == asked
        return
    assert after.version == 5
    assert correct or deliveries_rules.step(after.stage) >= deliveries_rules.step(before.stage)
    assert after.tracking_number or not deliveries_rules.shows_tracking(after.stage)
    assert deliveries_rules.advance(after, change) is None, "repeating adds nothing"


# ------------------------------------------------------------------------- the platform's word


@pytest.mark.parametrize(
    ("ours", "known", "theirs", "past", "expected"),
    [
        # our own echo, and the state from before our change
        (at("ARRIVED"), ("SOURCING", None), ("ARRIVED", None), [], Reaction.IGNORE),
        (at("ARRIVED"), ("SOURCING", None), ("SOURCING", None), [], Reaction.IGNORE),
        # nothing was ever set there
        (at("ORDER_CONFIRMED"), (None, None), (None, None), [], Reaction.IGNORE),
        # somebody moved the order there
        (at("ARRIVED"), ("ARRIVED", None), ("DELIVERED", "TE-1"), [], Reaction.ADOPT),
        (at("ARRIVED"), ("ARRIVED", None), ("DISPATCHED", None), [], Reaction.ADOPT),
        (at("SOURCING"), ("SOURCING", None), ("SOURCING", "TE-1"), [], Reaction.ADOPT),
        (at("DISPATCHED", "TE-1"), ("DISPATCHED", "TE-1"), ("DISPATCHED", "TE-9"), ["TE-1"],
         Reaction.ADOPT),
        # while our own change is under way
        (at("ARRIVED"), ("SOURCING", None), ("DELIVERED", "TE-1"), [], Reaction.ADOPT),
        # it lost what it had confirmed, or went back
        (at("ARRIVED"), ("ARRIVED", None), ("SOURCING", None), [], Reaction.REPAIR),
        (at("ARRIVED"), ("ARRIVED", None), (None, None), [], Reaction.REPAIR),
        (at("DISPATCHED", "TE-2"), ("DISPATCHED", "TE-2"), ("DISPATCHED", "TE-1"),
         ["TE-1", "TE-2"], Reaction.REPAIR),
        (at("DISPATCHED", "TE-2"), ("DISPATCHED", "TE-2"), ("DISPATCHED", None), ["TE-2"],
         Reaction.REPAIR),
        # we were corrected, and it still has what we corrected
        (at("SOURCING"), ("DISPATCHED", "TE-1"), ("DISPATCHED", "TE-1"), ["TE-1"], Reaction.IGNORE),
    ],
)  # fmt: skip
def test_three_way(ours, known, theirs, past, expected) -> None:
    def tracked(pair: tuple[str | None, str | None]) -> PlatformDelivery:
        return PlatformDelivery(Stage(pair[0]) if pair[0] else None, pair[1])

    assert reconcile_rules.react(ours, tracked(known), tracked(theirs), past) is expected


@given(
    stages, numbers, stages, numbers, stages, numbers, st.sets(st.sampled_from(["TE-1", "TE-2"]))
)
def test_what_a_platform_says_never_takes_an_order_back(
    held: Stage, number: str | None, known: Stage, k: str | None, said: Stage, n: str | None, past
) -> None:
    ours, theirs = (
        Delivery(stage=held, tracking_number=number, version=3),
        PlatformDelivery(said, n),
    )
    decision = reconcile_rules.react(ours, PlatformDelivery(known, k), theirs, past)
    if decision is Reaction.ADOPT:
        after = reconcile_rules.adopted(ours, theirs)
        assert deliveries_rules.step(after.stage) >= deliveries_rules.step(ours.stage)
        assert after.version == 4
        again = reconcile_rules.react(after, theirs, theirs, past)
        assert again is Reaction.IGNORE, "hearing it twice adds nothing"


# ------------------------------------------------------------------------- the shopper's view


def test_steps_carry_the_time_they_were_last_reached() -> None:
    hours = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in range(4)]
    stages = ("ORDER_CONFIRMED", "SOURCING", "DISPATCHED", "SOURCING")
    events = [
        StageEvent(stage=stage, at=hour.isoformat())
        for stage, hour in zip(stages, hours, strict=True)
    ]
    steps = tracking_rules.steps(Stage.SOURCING, events)
    assert [(each.stage, each.done, each.at) for each in steps] == [
        ("ORDER_CONFIRMED", True, hours[0]),
        ("SOURCING", True, hours[3]),
        ("ARRIVED", False, None),
        ("DISPATCHED", False, None),
        ("DELIVERED", False, None),
    ]


def test_each_stage_has_a_text_that_fits_one_sms() -> None:
    for stage in Stage:
        text = follow_ups_rules.delivery_text("KITS-1001", at(stage, "TE-000012"), "Island Parcels")
        assert "KITS-1001" in text
        assert len(text) <= 160
        assert text.isascii()
        assert ("TE-000012" in text) is (stage is Stage.DISPATCHED)
        assert ("with Island Parcels" in text) is (stage is Stage.DISPATCHED)
    unnamed = follow_ups_rules.delivery_text("KITS-1001", at(Stage.DISPATCHED, "TE-000012"), None)
    assert unnamed == "Your order KITS-1001 is on its way, tracking number TE-000012."


# ------------------------------------------------------------------------- batches


def test_a_batch_walks_one_step_at_a_time() -> None:
    walk = list(BatchStatus)
    for number, before in enumerate(walk):
        for asked in walk:
            if asked == before:
                assert batches_rules.next_status(before, asked) is False
            elif number + 1 < len(walk) and asked == walk[number + 1]:
                assert batches_rules.next_status(before, asked) is True
            else:
                with pytest.raises(Conflict):
                    batches_rules.next_status(before, asked)


def test_the_walk_is_that_of_the_document() -> None:
    assert [str(each) for each in BatchStatus] == [
        "collecting", "orderedFromSupplier", "inTransit", "arrived", "dispatched", "completed",
    ]  # fmt: skip


# ------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_an_ipv6_network_is_one_address(address: str, network: str) -> None:
    assert otp_rules.network(address) == network


def test_what_a_send_takes_from() -> None:
    settings = OtpSettings()
    limits = [
        otp_rules.address_limit(settings, "192.0.2.7"),
        *otp_rules.phone_limits(settings, "94770000012"),
        otp_rules.prefix_limit(settings, "94770000012"),
    ]
    assert [(each.scope, each.key, each.most) for each in limits] == [
        ("address", "192.0.2.7", 30),
        ("phone", "94770000012", 5),
        ("phone", "94770000012", 10),
        ("prefix", "9477000", 200),
    ]


@given(
    st.lists(st.integers(-1200, -1), max_size=12),
    st.integers(1, 5),
    st.integers(0, 120),
)
def test_after_the_wait_a_limit_can_be_taken_from(ago: list[int], most: int, gap: int) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    limit = SendLimit("phone", "1", most, timedelta(minutes=10), timedelta(seconds=gap))
    taken = [now + timedelta(seconds=each) for each in ago]
    then = now + otp_rules.wait(limit, taken, now)
    recent = [each for each in taken if each > then - limit.window]
    assert len(recent) < most
    assert not [each for each in taken if each > then - limit.gap]


def test_the_sms_ends_in_the_webotp_line() -> None:
    text = otp_rules.code_text("012345", "Kandy Kits", "kits.example.com", 5)
    assert text.splitlines()[-1] == "@kits.example.com #012345"
    assert len(text) <= 160, "one SMS"
