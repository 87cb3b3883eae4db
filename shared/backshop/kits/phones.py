"""One spelling for every phone: country code and number, digits only (kits.md: 947xxxxxxxx)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from backshop.kits.models import OtpSettings

_takes_sms = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_longest = 50  # characters; what is longer is no phone, and parsing it is wasted work


def normalise(
    phone: str | None, allowed_countries: Sequence[str] = (), written_in: str | None = None
) -> str | None:
    """The phone as digits with its country code, `94770000012`; None where no SMS could reach it.

    `allowed_countries` are ISO 3166 codes, the shop's own country first: a number written without
    its country code is read as one of the first country that it is valid in. Land lines,
    extensions and numbers of other countries give None. Where a shop names no country, any will
    do, and one written without its code is of the country `written_in`.
    """
    if not phone or len(phone) > _longest:
        return None
    if not allowed_countries:
        return international(phone, written_in)
    for country in allowed_countries:
        number = _parse(phone, country)
        if number and phonenumbers.region_code_for_number(number) in allowed_countries:
            return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


def settings_of(settings: Mapping[str, Any], zone: str) -> OtpSettings:
    """A store's phone check, with the countries whose phones it knows: none where neither it nor
    its time zone says where it is at home."""
    chosen = OtpSettings.model_validate(settings.get("otp") or {})
    home = country_of_store(settings, zone)
    if chosen.countries or home is None:
        return chosen
    return chosen.model_copy(update={"countries": (home,)})


def example(country: str) -> str:
    """How people of a country write a mobile phone; in full where it is no country."""
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if number is None:
        return "+1 202 555 0100"
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


def international(phone: str | None, country: str | None) -> str | None:
    """Any country's phone as digits with its country code; None where no SMS could reach it. One
    written without its country code is read as of `country` (ISO 3166)."""
    if not phone or len(phone) > _longest:
        return None
    number = _parse(phone, country)
    if number is None:
        return None
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def country_of_store(settings: Mapping[str, Any], zone: str) -> str | None:
    """Where a store is at home (ISO 3166): what it says, else the country of its time zone."""
    named = settings.get("country")
    return named if isinstance(named, str) else _country_of_zone(zone)


@cache
def _country_of_zone(zone: str) -> str | None:
    """By the zone database's own table; None for UTC, which is no country's."""
    for folder in TZPATH:
        table = Path(folder) / "zone.tab"
        if table.exists():
            rows = [each.split("\t") for each in table.read_text().splitlines() if each[:1] != "#"]
            return {row[2]: row[0] for row in rows if len(row) > 2}.get(zone)
    return None


def _parse(phone: str, country: str | None) -> phonenumbers.PhoneNumber | None:
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
