"""Which answers fit the store. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from backshop.errors import FieldError
from backshop.shade.catalogue.models import Shade
from backshop.shade.models import ShadeSettings
from backshop.shade.surveys.models import Answers


def canonical(
    answers: Answers, settings: ShadeSettings, shades: Sequence[Shade]
) -> tuple[Answers, list[FieldError]]:
    """The answers with every name as the store spells it, and what is wrong with them."""
    allowed: dict[str, Sequence[str]] = {
        "shade_selected": [each.name for each in shades],
        "skin_type": settings.skin_types,
        "skin_concerns": settings.concerns,
        "finish_preference": settings.finishes,
        "interested_in_addons": [each.name for each in settings.addons],
    }
    errors: list[FieldError] = []
    spelled: dict[str, object] = {}
    for field, names in allowed.items():
        value = getattr(answers, field)
        known = {name.casefold(): name for name in names}
        many = [value] if isinstance(value, str) else list(value or ())
        if any(each.casefold() not in known for each in many):
            choices = ", ".join(names) or "nothing yet"
            errors.append(FieldError(field=field, message=f"choose from: {choices}"))
            continue
        spellings = [known[each.casefold()] for each in many]
        spelled[field] = (
            tuple(spellings) if isinstance(value, tuple) else next(iter(spellings), None)
        )
    return answers.model_copy(update=spelled), errors
