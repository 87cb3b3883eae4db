"""Colloquial verbs as the plain ones that stand for them, in whatever form they are: `raked in` is
`made`, `flogging` is `selling`. The store's names are marked by then and are not touched."""

from __future__ import annotations

import re
from functools import cache

from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.things import THINGS

_PLAIN = {
    "make": ("make", "makes", "made", "making"),
    "sell": ("sell", "sells", "sold", "selling"),
    "buy": ("buy", "buys", "bought", "buying"),
    "spend": ("spend", "spends", "spent", "spending"),
    "refund": ("refund", "refunds", "refunded", "refunding"),
    "return": ("return", "returns", "returned", "returning"),
    "discount": ("discount", "discounts", "discounted", "discounting"),
    "use": ("use", "uses", "used", "using"),
}
"""As it stands, of one, past, and going on."""
_COLLOQUIAL = {
    "make": "rake in|haul in|reel in|pull in/pulled in|ring up/rang up|rack up|clock up|chalk up|notch up|cash in|coin in"
    "|scoop in|bring home/brought home|bank|pocket|bag|gross|rustle up|drum up|pull down|clear up",
    "sell": "flog|offload|get rid of/got rid of|knock out|hawk|push out|shift|palm off|part with",
    "buy": "snap up|snag|grab|pick up|scoop up|bag up|splash out on|stock up on|load up on|treat themselves to|nab",
    "spend": "shell out|fork out|fork over|splash out|cough up|lay out/laid out|splurge|dish out|fritter away",
    "refund": "reimburse|repay/repaid|pay back/paid back|hand back|dish back",
    "return": "send back/sent back|bring back/brought back",
    "discount": "knock off|mark down",
    "use": "cash in on|make use of/made use of",
}
"""Those that mean nothing else in questions, each with its past where that is irregular."""
_ONLY_AFTER_WE = frozenset(
    {"bank", "pocket", "bag", "gross", "shift", "grab", "part with", "clear up"}
)
"""Also nouns: verbs where somebody does it."""
_WHO = r"(?:(?:we|i|they|you|us|people|customers|customer|shop|store|did|do|have|has|had|who|business|@x\d+) (?:all |really |actually |ever |just |even |already )*)"
_DOUBLED = re.compile(r"[^aeiou]+[aeiou][bgpt]")
"""Of verbs of one syllable: `flogged`, and not `pocketted`."""


def _forms(base: str, past: str) -> tuple[str, str, str, str]:
    verb, _, rest = base.partition(" ")
    tail = f" {rest}" if rest else ""
    stem = verb + verb[-1] if _DOUBLED.fullmatch(verb) else verb.removesuffix("e")
    of_one = f"{verb}es" if verb.endswith(("s", "sh", "ch")) else f"{verb}s"
    of_one = f"{verb[:-1]}ies" if verb[-1] == "y" and verb[-2] not in "aeiou" else of_one
    return base, of_one + tail, past or f"{stem}ed{tail}", f"{stem}ing{tail}"


@cache
def _table() -> dict[str, str]:
    """Each form as the plain one."""
    found: dict[str, str] = {}
    for plain, several in _COLLOQUIAL.items():
        for each in several.split("|"):
            base, _, past = each.partition("/")
            found.update(zip(_forms(base, past), _PLAIN[plain], strict=True))
    return found


@cache
def _pattern() -> str:
    forms = sorted(_table(), key=len, reverse=True)
    nouns = {form for base in _ONLY_AFTER_WE for form in _forms(base, "")}
    free = "|".join(each for each in forms if each not in nouns)
    bound = "|".join(each for each in forms if each in nouns)
    return rf"(?<![\w@])(?:(?P<free>{free})|(?P<who>{_WHO})(?P<bound>{bound})(?! (?:sales|revenue|turnover|takings|income)\b))(?!\w)"


def plainly(line: str) -> str:
    """The line with plain verbs."""
    return compiled(_pattern()).sub(
        lambda found: (found["who"] or "") + _table()[found["free"] or found["bound"]], line
    )


@cache
def words() -> frozenset[str]:
    """Words of the verbs, which are spelled right; what is also a thing stays one."""
    return frozenset(word for each in _table() for word in each.split()) - THINGS
