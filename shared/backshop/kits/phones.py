"""One spelling for every phone: country code and number, digits only (kits.md: 947xxxxxxxx)."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

_takes_sms = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_longest = 50  # characters; what is longer is no phone, and parsing it is wasted work


def normalise(phone: str | None, allowed_countries: Sequence[str] = ("LK",)) -> str | None:
    """The phone as digits with its country code, `94770000012`; None where no SMS could reach it.

    `allowed_countries` are ISO 3166 codes, the shop's own country first: a number written without
    its country code is read as one of the first country that it is valid in. Land lines,
    extensions and numbers of other countries give None.
    """
    if not phone or len(phone) > _longest:
        return None
    for country in allowed_countries:
        number = _parse(phone, country)
        if number and phonenumbers.region_code_for_number(number) in allowed_countries:
            return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


def _parse(phone: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(phone, country)
    except NumberParseException:
        return None
    usable = (
        not number.extension
        and phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) in _takes_sms
    )
    return number if usable else None
