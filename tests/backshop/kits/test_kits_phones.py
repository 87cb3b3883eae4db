import phonenumbers
import pytest
from backshop.kits import phones
from hypothesis import given
from hypothesis import strategies as st

ours = "94770000012"


@pytest.mark.parametrize(
    "spelling",
    [
        "0770000012",
        "077 000 0012",
        "077-000-0012",
        "(077) 000 0012",
        "770000012",
        "94770000012",
        "+94770000012",
        "+94 77 000 0012",
        "+94 (0)77 000 0012",
        "0094770000012",
        "tel:+94-77-000-0012",
        " +94 77\u00a0000\u20110012 ",
        "\u202a+94770000012\u202c",  # as copied from a contact list
        "００９４７７０００００１２",
        "٠٧٧٠٠٠٠٠١٢",
    ],
)
def test_every_usual_spelling_becomes_the_same_phone(spelling: str) -> None:
    assert phones.normalise(spelling, ("LK",)) == ours


@pytest.mark.parametrize(
    "unusable",
    [
        None,
        "",
        "phone",
        "077000001",
        "07700000123",
        "0112000012",  # a land line takes no SMS
        "0770000012 ext 3",
        "+1 202 555 0123",  # another country
        "+44 7700 900123",
        "0770000012" * 10,
        "+",
        "\x00",
    ],
)
def test_what_no_sms_reaches_is_none(unusable: str | None) -> None:
    assert phones.normalise(unusable, ("LK",)) is None


def test_other_countries_only_where_the_list_says_so() -> None:
    assert phones.normalise("+1 202 555 0123", ("LK", "US")) == "12025550123"
    assert phones.normalise("+1 204 555 0123", ("LK", "US")) is None  # Canada shares the code
    assert phones.normalise("0770000012", ("US",)) is None


def test_where_no_country_is_named_any_will_do_that_is_written_in_full() -> None:
    assert phones.normalise("0770000012", ()) is None
    assert phones.normalise("+1 202 555 0123", ()) == "12025550123"
    assert phones.normalise("077 000 0012", (), "LK") == ours, "as the order's address is there"
    assert phones.normalise("07700 900123", (), None) is None


def test_a_store_is_at_home_where_it_says_or_where_its_clock_is() -> None:
    assert phones.settings_of({}, "Asia/Colombo").countries == ("LK",)
    assert phones.settings_of({"country": "GB"}, "Asia/Colombo").countries == ("GB",)
    assert phones.settings_of({"otp": {"countries": ["US", "CA"]}}, "UTC").countries == ("US", "CA")
    assert phones.settings_of({}, "UTC").countries == ()


def test_a_number_without_country_code_is_read_in_the_order_of_the_list() -> None:
    british = phonenumbers.example_number_for_type("GB", phonenumbers.PhoneNumberType.MOBILE)
    assert british is not None
    national = phonenumbers.format_number(british, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert phones.normalise(national, ("LK", "GB")) == f"44{british.national_number}"
    assert phones.normalise("077 000 0012", ("LK", "GB")) == ours


@given(st.text(max_size=80))
def test_any_text_gives_a_normal_phone_or_none(text: str) -> None:
    phone = phones.normalise(text, ("LK",))
    assert phone is None or (phone.startswith("947") and len(phone) == 11 and phone.isdigit())


@given(st.integers(0, 9_999_999))
def test_normalising_twice_changes_nothing(number: int) -> None:
    once = phones.normalise(f"077{number:07d}", ("LK",))
    assert once == f"9477{number:07d}"
    assert phones.normalise(once, ("LK",)) == once
