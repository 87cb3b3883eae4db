"""Who asks, why and for what occasion (`for the agency review: …`, `my accountant wants …`,
`…??? supplier on the phone`): words that mean nothing for what is asked, though elsewhere they are
of what is not in the data, or of days."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_WORD = r"(?!(?:who|which|what|whose|how|where|when|why|that|many|much|by|per|of|from|in|with|to|and|or|is|are|did|do|does)\b)[\w'’&-]+"
_OUR = r"(?:(?:my|our|the|an?|some|this|that|one of (?:my|our)|your|\w+['’]s) )?"
_OF = rf"{_OUR}(?:{_WORD} ){{0,3}}?"
_PEOPLE = (
    r"(?:accountants?|book-?keepers?|auditors?|tax (?:advis[eo]r|man|office|people)|bank(?:er|ers)?|landlord|landlady|lawyer|solicitor|investors?"
    r"|suppliers?|vendors?|wholesalers?|factory|manufacturers?|couriers?|carriers?|drivers?|postman|reps?|cashiers?|staff|employees?|colleagues?|agency|agencies"
    r"|freelancers?|influencers?|insurance|insurers?|brokers?|consultants?|guys?|girls?|lady|ladies|blokes?|chaps?|fellas?|m[ae]n|wom[ae]n|person|people|folks"
    r"|team|crew|manager|advis[eo]rs?|office|company|trainee|intern|boss)(?: of (?:mine|ours))?"
)
"""Who may want a figure."""
_EVENT = r"(?:meetings?|meet-?up|call|zoom|briefing|discussions?|talks|negotiations?|presentation|pitch|audit|stock-?takes?|stock count|appointment|interview|planning|catch-?up|stand-?up|workshop|inspection|get-?together|sit-?down|handover|training)"
_EVENT_ALIKE = (
    r"(?:reviews?|visit|round|contract|application|letter|brief|report|renewal|deck|slides?|count)"
)
"""What is an occasion where it is said what for, or when."""
_MATTER = r"(?:book-?keeping|(?:tax|vat|gst) returns?|payroll(?: run| day)?|rotas?|rosters?|staffing|hiring|budget(?:ing)?|forecasts?|loan|grant|lease|(?:annual|year end|management) accounts|paperwork|business plan)"
"""What figures are wanted for."""
_MEDIA = r"(?:newsletter|mailing|campaign|blog|ad|ads|advert|flyer|social post)"
_WHEN = (
    r"(?:[ ,]+(?:(?:is|are|starts?|begins?|coming|comes|being|happening|due|again|right|just|early|later|first thing|soon|tomorrow|today|tonight|now"
    r"|this (?:morning|afternoon|evening|week)|next (?:week|month|\w+day)|(?:at|by) (?:noon|lunch|\d[\d:.]*(?: ?[ap]m)?|\w+(?: o'?clock)?)|on \w+day|in (?:an?|the|\w+) (?:\w+ )?(?:min\w*|hours?|days?|weeks?|sec\w*|morning|bit|moment)|in a moment)\b))"
)
# What may follow an occasion is bounded: words of one kind in a row could be parted in any way.
_WITH = rf"(?: (?:with|about|on|over|for|from) {_OF}[\w'’&-]+)?"
_PURPOSE = (
    r"(?:(?:(?:i |we )?(?:just )?(?:need|want)(?:ed|s)? (?:it|this|that|them|these) |(?:it|this|that)(?:['’]s| is) |all )?for|before|ahead of|prior to|after|during|regarding|re|because of"
    r"|(?:i |we )?(?:have|got)(?: to do)?|doing|preparing|prepping(?: for)?|planning|sitting in|stuck in|in|at|about)"
)
_HERE = r"(?: (?:is|are|was|were|just|now|still|back|sitting|standing|waiting|calling|coming|on|at|in|by|to|right|here|there|again|me|us|my neck|next|hold|the|phone|line|shop|door|other|end|office|store|breathing|down)){1,8}"
_WANTS = r"(?:(?:wants?|wanted|would like|['’]d like|needs?|asks?|asked|(?:is|are|was|were|keeps?|kept) (?:asking|wondering|nagging|after)|wonders?|is after)(?: me| us)?)"
_TO_KNOW = (
    r"(?: (?:for|about|to (?:know|see|find out|hear|have|get|check)|if (?:i|we) (?:know|have)))?"
)
_HELLO = (
    r"(?:(?:so|oh|and|well|now|ok|okay|hi|hey|hello|good morning|morning|listen|right)[ ,!.]+)*"
)

_PIECE = (
    rf"^{_HELLO}(?:"
    rf"(?:{_PURPOSE} )?{_OF}(?:{_EVENT})(?:{_WITH}|{_WHEN}){{0,3}}"
    rf"|{_PURPOSE} {_OF}(?:{_EVENT_ALIKE}|{_MATTER})(?:{_WITH}|{_WHEN}){{0,3}}"
    rf"|{_OF}{_WORD} (?:{_EVENT_ALIKE})(?:{_WITH})?{_WHEN}{{1,3}}"
    rf"|{_OF}(?:book-?keeping|staffing|payroll day|rota)(?:{_WHEN}){{0,3}}"
    rf"|for {_OUR}(?:{_WORD} ){{0,2}}?{_PEOPLE}(?:{_WHEN}){{0,3}}"
    rf"|(?:before|while|until|when) (?:(?:i|we) (?:call|see|meet|ring|phone|visit|talk to|speak to|go to|write to|pay) )?{_OF}{_PEOPLE}(?: (?:is|are|calls?|waits?|comes?|arrives?|rings?|here|waiting|back))*"
    rf"|(?:got |have |i have |i['’]ve got )?{_OF}(?:{_PEOPLE}|customer|client|visitors?|guests?)(?:{_HERE})(?:{_WHEN}){{0,3}}"
    rf"|{_OF}{_PEOPLE} meets?{_WHEN}{{1,3}}"
    rf"|{_OF}{_PEOPLE} (?:{_WANTS})(?: to know| to see| that| it| this)?(?:{_WHEN}){{0,3}}"
    r"|(?:(?:i|we)(?:['’]?m|['’]?re| am| are) )?(?:sitting|standing|writing|talking|speaking|meeting|getting ready|putting together|off|heading|preparing|planning|working on|doing (?:my|our|the|some|an?)|back from|on the phone|on a call|in an? (?:meeting|call))\b(?! (?:best|well|better|worst))(?: [\w'’&-]+){0,9}"
    r")$"
)
"""Between two of its signs, a part of a question that is no part of what is asked."""
_PIECE_AT_END = rf"^(?:{_PURPOSE} |i have to write )(?:{_OF})?{_MEDIA}(?: {_EVENT})?$"
_PREFIXES = (
    rf"^{_HELLO}{_OF}{_PEOPLE}(?:(?:{_HERE}|,? (?:called|rang|phoned|wrote|emailed|came in|came by))?(?:,| and|, and)?(?: (?:they|he|she|who))?) {_WANTS}{_TO_KNOW}[ :,]+(?=\S)(?!(?:\d+|an?|one|two|three|four|five|six|ten) (?:days?|weeks?|months?)\b)",
    rf"^{_HELLO}(?:(?:i|we)(?:['’]?m|['’]?re| am| are) )?(?:sitting|standing|reconciling|checking|closing|preparing|updating|reviewing|talking|speaking|meeting|on the phone|on a call|in an? (?:meeting|call)|stuck|here)\b[^?.]*?(?: and| so|,)(?: (?:i|we))? (?:need|want|would like|['’]d like)(?: to (?:know|see|have|show (?:them|him|her)))? (?=\S)",
    rf"^{_HELLO}(?:for|before|ahead of) {_OF}(?:{_EVENT}|{_EVENT_ALIKE}|{_MATTER})(?:{_WITH}|{_WHEN}){{0,3}},? (?=(?:i|we) (?:need|want|would like)\b)",
    rf"^{_HELLO}{_OF}(?:{_EVENT})(?:{_WITH}|{_WHEN}){{0,3}} so (?=\S)",
)
"""What begins a question that the rest of is asked."""
_SUFFIX = rf"[ ,]+(?:(?:because )?(?:i|we) need (?:it|this|that) )?for (?:(?:my|our|the|an?|this|tomorrow['’]s|today['’]s|next week['’]s|\w+day['’]s) (?:{_WORD} ){{0,3}}?)(?:{_EVENT}|(?:\w+ )?(?:report|review|visit|letter)|{_MATTER}|accountant|book-?keeper|agency|bank|insurance|landlord|tax (?:man|office|advis[eo]r)|auditors?|investors?)(?:{_WHEN}){{0,3}}(?: please)?$"

_NEEDED_FOR = r"[ ,.;?!–-]+(?:as |because |since )?(?:i|we)(?:['’]ll)? (?:need|want) (?:it|this|that|them|these)(?: all)? for (?:the|my|our|an?) (?P<what>[\w'’-]+(?: [\w'’-]+){0,4})[ .!]*$"
_PURPOSE_FIRST = (
    rf"^{_HELLO}for (?:the|my|our|an?|this|some) (?:(?P<what>[a-z]+(?: [a-z]+){{0,2}}?)(?: ?:| ?,| [-–—])"
    r"|(?P<wanted>[a-z'-]+(?: [a-z'-]+){0,8}?)(?= (?:i|we) (?:need|want|would like|require|have to)\b)) *(?=\S)"
)
_OF_WHAT_IS_ASKED = (
    r"(?:last|past|previous|next|first|second|third|whole|entire|same|other|current|coming|(?:month|week|year|day|quarter|weekend|weekday)s?|half|time|period"
    r"|today|yesterday|season|summer|winter|spring|autumn|fall|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|christmas|easter|halloween|(?:customer|buyer|client|guest|order|product|item|coupon|code|voucher|channel|payment)s?"
    r"|categor(?:y|ies)|countr(?:y|ies)|web|online|shop|store|pos|till|website|new|returning|repeat|existing|regular|top|best|worst|biggest)"
)
_SUFFIX_DOING = (
    rf"[ ,]+(?:(?:i|we)(?:['’]?m| am|['’]?re| are) )?(?:doing|preparing|writing|making|placing|planning) (?:my|our|the|some|an?) (?:{_WORD} ){{0,2}}?"
    r"(?:orders?|rota|roster|report|books|accounts|list|newsletter|stock-?take|plan)(?: (?:now|today|right now|tonight|this (?:morning|afternoon|evening|week)))?$"
)
_OF_WHOM = r"\b(?:he|she|him|her|his|hers|they|them|their|theirs)\b"
"""Whoever asks is what is asked about (`our supplier asks what we paid him`)."""
_MAY_BE = rf"\b(?:{_PEOPLE}|{_EVENT}|{_EVENT_ALIKE}|{_MATTER}|{_MEDIA}|phone|line|door|visitors)\b"
_SIGNS = r"(\s*[.?!]+(?=\s|$)|\s*[,;:()\n]+\s*|\s+[-–—]{1,2}\s+)"


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


def apart(text: str, is_named: Callable[[str], bool]) -> tuple[str, list[str]]:
    """The text without its occasions, and those; whole where nothing would be left. A word that
    the store's own names have (`is_named`) tells of no occasion."""
    told: list[str] = []
    text = _without_purpose(text, is_named, told)
    found = _pattern(_NEEDED_FOR).search(text)
    if found and not any(map(is_named, found["what"].lower().split())):
        told.append(found[0])
        text = text[: found.start()]
    own = {each.lower() for each in _pattern(_MAY_BE).findall(text)}
    words = {word for each in own for word in each.split() if len(word) > 3}
    if not own or any(map(is_named, words)):
        return text, told
    left = _without_pieces(_pattern(r"\bre: *(?=\w)").sub("re ", text), told)
    for prefix in _PREFIXES:
        if found := _pattern(prefix).search(left):
            told.append(found[0])
            left = left[found.end() :]
    for suffix in (_SUFFIX, _SUFFIX_DOING):
        if found := _pattern(suffix).search(left.rstrip(" ?.!")):
            told.append(found[0])
            left = left[: found.start()]
    is_whole = not any(map(str.isalnum, left)) or _pattern(_OF_WHOM).search(left)
    return (text, []) if is_whole else (left, told)


def _without_purpose(text: str, is_named: Callable[[str], bool], told: list[str]) -> str:
    """The text without what it is for, where it begins with that (`for the ledger: …`, `for our
    insurance i need …`): anything but a name of the store, a time, or what rows and classes are
    called."""
    found = _pattern(_PURPOSE_FIRST).search(text)
    if found is None:
        return text
    words = (found["what"] or found["wanted"]).lower().split()
    if any(map(is_named, words)) or any(map(_pattern(_OF_WHAT_IS_ASKED).fullmatch, words)):
        return text
    told.append(found[0])
    return text[found.end() :]


def _without_pieces(text: str, told: list[str]) -> str:
    parts = _pattern(_SIGNS).split(text.strip())
    pieces, signs = parts[::2], [*parts[1::2], ""]
    if len(pieces) == 1:
        return text
    kept = ""
    last = max((number for number, each in enumerate(pieces) if each.strip()), default=0)
    for number, (piece, sign) in enumerate(zip(pieces, signs, strict=True)):
        said = piece.strip()
        is_at_end = number == last and _pattern(_PIECE_AT_END).search(said)
        if said and (is_at_end or _pattern(_PIECE).search(said)):
            told.append(said)
        else:
            kept += piece + sign
    return kept.strip(" ,;:-–—(")
