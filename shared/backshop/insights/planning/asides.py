"""Stories around a question (`we poured 40 jars yesterday. how many have we sold?`): what only
states something is no part of the question. Of what it names, `it` of the question may be one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from backshop.insights.planning import metrics, occasions
from backshop.insights.planning.names import MARK, Named
from backshop.insights.planning.patterns import compiled

_SENTENCES = re.compile(r"(?<=[.!?;:])\s+|\s*\n+\s*|\s+[-–—]{1,2}\s+")
_FILLERS = (
    r"^(?:(?:so|oh|and|well|now|but|ok|okay|hi|hey|hello|good|morning|evening|afternoon|honestly|anyway|also|actually|btw"
    r"|lately|recently|apparently|today|ah|hm+|yes|thanks|look|listen|right|you know|by the way)[ ,!.]+)*"
)
_ASKING = (
    r"(?:what|which|who|how|when|where|show|give|tell|list|compare|can (?:you|i|we)|could (?:you|i|we)|would you|please"
    r"|(?:do|did|does|is|are|was|were|have|has) (?:we|i|our|my|the|it|they|people|customers|any|that|this|there|anyone|anybody))"
)
_VERB = (
    r"(?:is|are|was|were|has|have|had|does|did|do|will|would|might|must|should|can|could|thinks?|thought|says?|said|wants?|needs?|told"
    r"|asks?|asked|keeps?|kept|went|goes|got|gets|came|loves?|likes?|claims?|believes?|swears?|reckons?|feels?|felt|seems?"
    r"|looks?|runs?|works?|lives?|owns?|knows?|left|gave|brought|bought|sent|made|put|took|opened|launched|moved|changed|began|wrote|heard|found|ran|started|finished|arrived|isn|aren|wasn|weren|hasn|haven|don|doesn|didn)"
)
_STATED = (
    _FILLERS
    + r"(?:(?:i|we|he|she|you|everyone|everybody|somebody|someone|nobody)(?:'\w+)? (?!who|that|and|or|from|in)\w"
    r"|(?:they|it|that|there|people|folks|things|business|money|cash|time|life|everything|nothing|nobody|winter|summer|spring|autumn|christmas)(?:'(?:s|ve|re|d|ll)| "
    + _VERB
    + r")\b"
    r"|this(?:'s| is| was| has| will) (?!the )"
    r"|(?:is|are|am|was) (?:he|she|that|this|i|it) (?:right|true|wrong|correct|so)\b"
    r"|(?:no (?:idea|clue)|not sure)\b(?! (?:what|which|who|how (?:many|much)))"
    r"|(?:quick|one more|another|one last|last|small|silly|random|stupid) (?:one|question|q|thing|ask)\b"
    r"|(?:my|our|the|an?|some)(?: (?!who|that|which|what|whose|where|with|from)[\w'-]+){1,5}? "
    + _VERB
    + r"\b)"
)
_WHOEVER = (
    r"(?:i|we|he|she|they|it|you|there|people|everyone|everybody|my|our|the|this|that|some|an?)"
)
_REASONED = (
    rf"{_FILLERS}(?:(?:because|'?cause|seeing (?:as|that)|given that|now that|as|if|in case|although|even though|before|while|until|once) {_WHOEVER} [^:]*"
    rf"|since {_WHOEVER} [^:]*?\b(?:depends?|needs?|wants?|must|have to|has to|thinks?|plans?|is|are|am|will|going)\b[^:]*)"
)
"""A reason or a condition before the question: `because we close on monday: …`."""
_SENTENCE = (
    rf"{_STATED}|{_FILLERS}(?!{_ASKING}\b)(?:(?!who|that|which|whose|where|only|for|in|from|by|with)[\w'&-]+ ){{1,4}}?{_VERB} .*[.!]\s*$"
    rf"|{_REASONED}:\s*$"
    rf"|{_FILLERS}(?:just |still |currently )?(?:(?:trying|thinking|planning|wondering|hoping|getting|preparing|working|doing|writing|making|heading|going) .*[.!]|(?:sitting|standing|staring|looking|walking|waiting) .*)\s*$"
)
"""A whole one may be of anything."""
_WANTED = (
    r"\b(?:i|we) (?:am|are) \w+ing [^,.?!]{3,60}? and (?:i |we )?(?:need|want|would like)\b|\b(?:i|we)(?: (?:really|just|also|only|would|am|are|was|were|have been)|'d|'m|'re|'ve been)* (?:(?:need|want|like|love|have|try|trying|looking)(?! to\b)"
    r"|(?:need|want|like|love|have|try|trying|got) to (?:see|know|have|get|find|understand|check|look|compare|view|hear|learn|figure|break|list|pull|analy[sz]e)"
    r"|wonder(?:ing)?|curious|interested|after)\b"
)
"""Wants of which the rest of the sentence is the question."""
_ASKED_FOR = (
    rf"{_FILLERS}(?:i|we) (?:am|are) \w+ing [^,.?!]{{3,60}}? and (?:i |we )?(?:need|want|would like)(?: to (?:see|know|have))? (?=\S)|"
    rf"{_FILLERS}(?:if|when|while|before|because|as|since) {_WHOEVER} [^:?]{{3,80}}?, (?:i|we) (?:have|need|want|would like|must|should|'d like)(?: to)?"
    rf"(?: (?:know|see|have|check|find out|tell (?:them|him|her|you)))? (?={_ASKING}\b)"
    rf"|{_FILLERS}(?:my|our|the|an?|some) [\w' -]{{1,40}}? (?:wants?|wanted|would like|needs?|likes?|asks?|asked|asking|wonders?)"
    rf"(?: me| us)?(?: to (?:know|see|find out|hear))? (?={_ASKING}\b)"
)
"""Who wants to know."""
_NO_ASIDE = r"^(?:i mean|i meant|i think|i guess|we mean|you know)\b"
_THEN_ASKED = re.compile(
    rf",\s+(?=(?:(?:so|and|but|now|then|please|ok|just|at|in|on|from|by|for|to|of|with)[ ,]+)*{_ASKING}\b)",
    re.IGNORECASE,
)
_SO_ASKED = re.compile(
    rf"\s+(?:and |but )?(?:so|anyways?) (?=(?:{_ASKING})\b(?! far\b))", re.IGNORECASE
)
_THEN_STATED = re.compile(r",\s+(?=(?:i|we|my|our)\b)", re.IGNORECASE)
_PURPOSE = re.compile(
    r"[ ,]+(?:so (?:that )?(?:i|we) (?:can|could|know|do)|because (?:i|we|my|our|he|she|they)|'?cause (?:i|we)|since (?:i|we|my|our) (?:am|are|want|need|have)"
    r"|as (?:i|we) (?:am|are|want|need|have to))\b[^?]*",
    re.IGNORECASE,
)


_MAY_BE_TOLD = re.compile(
    r"[.!?;:,\n–—]\s*\S|\s--?\s|\b(?:because|cause|since|so|as|want|wants|wanted|would|needs?|likes?|ask|asks|asked|asking|wonders?)\b",
    re.IGNORECASE,
)
"""What stands in questions beside which something is told."""


class Told(NamedTuple):
    question: str
    aside: str
    """What was told beside it."""


def told_apart(text: str, is_named: Callable[[str], bool]) -> Told:
    """The question, and what is only told; all is the question where nothing else would be left.
    `is_named` is of words that the store's names have."""
    left, told = occasions.apart(text, is_named)
    found = _stories_apart(left) if _MAY_BE_TOLD.search(left) else Told(left, "")
    return Told(found.question, " ".join(filter(None, [*told, found.aside])))


def _stories_apart(text: str) -> Told:
    kept: list[str] = []
    told: list[str] = []
    for sentence in filter(None, _SENTENCES.split(text.strip())):
        (told if _is_stated(sentence, _SENTENCE) else kept).append(sentence)
    if told and not any(map(_asks, kept)):
        kept, told = [text], []
    parts = [_without_clauses(each, told) for each in kept]
    return Told(" ".join(parts), " ".join(told)) if told else Told(text, "")


def _without_clauses(sentence: str, told: list[str]) -> str:
    if found := re.match(_ASKED_FOR, sentence, re.IGNORECASE):
        told.append(found[0])
        sentence = sentence[found.end() :]
    found = _THEN_ASKED.search(sentence)
    if found and _is_of_whoever_asks(sentence[: found.start()]):
        told.append(sentence[: found.start()])
        sentence = sentence[found.end() :]
        found = None
    if found and _is_stated(sentence[: found.start()]) and not _is_elliptic(sentence, found):
        told.append(sentence[: found.start()])
        sentence = sentence[found.end() :]
    found = _SO_ASKED.search(sentence)
    if found and _is_told_before_so(sentence[: found.start()]):
        told.append(sentence[: found.start()])
        sentence = sentence[found.end() :]
    if not _asks(sentence):
        return sentence
    found = _THEN_STATED.search(sentence) or _PURPOSE.search(sentence)
    if found and _is_reason(sentence, found):
        return sentence
    if found and (found.re is _PURPOSE or _is_stated(sentence[found.end() :])):
        told.append(sentence[found.end() :])
        sentence = sentence[: found.start()]
    return sentence


def _is_reason(sentence: str, found: re.Match[str]) -> bool:
    """`how many came back because they were broken`: what is asked for, and not who asks."""
    return compiled(_REASON).match(found[0].lower()) is not None and (
        compiled(_GIVEN_BACK).search(sentence[: found.start()].lower()) is not None
    )


_REASON = r"[ ,]*(?:'?cause|because) (?:they|it|he|she)\b"
_GIVEN_BACK = r"\b(?:return(?:s|ed|ing)?|refund(?:s|ed|ing)?|(?:c[ao]me|coming|sen[dt]|brought|g[ai]ven?|took|taken) back)\b"


_WHEN_I = rf"^{_FILLERS}(?:if|when|while|before|after|because|as|until) (?:i|we) \w"
_SETS_LIMITS = r"\b(?:leave|leaving|exclud\w+|includ\w+|only|just|count\w*|without|ignor\w+|take out|skip|remove|look\w*|compare|filter|drop|sort|split|assume|group|add|sell|sold|ship|charge|sum|rank|go by|use|limit|focus|started?|opened?|launched?|moved|changed|raised|lowered|introduced|\d+)\b"


def _is_of_whoever_asks(text: str) -> bool:
    """`if i chase them today, how much …`: not `if we leave out germany, how much …`."""
    said = text.lower()
    return bool(compiled(_WHEN_I).search(said)) and not compiled(_SETS_LIMITS).search(said)


_WHEN_AND_WHY = (
    rf"{_FILLERS}(?:when|while|after|before|because|'?cause|as|now that) {_WHOEVER} (?:\S+ ){{2}}"
)


def _is_told_before_so(text: str) -> bool:
    """`when i did the count something was off, so how many …`."""
    return _is_told_of(text) or compiled(_WHEN_AND_WHY).search(f"{text.lower()} ") is not None


def _is_told_of(text: str) -> bool:
    return len(text.split()) > 3 and _is_stated(text) and _may_be_told(text)


def _is_elliptic(sentence: str, found: re.Match[str]) -> bool:
    """`the orders were over 80, how many`: what is counted stands before."""
    is_short = len(sentence[found.end() :].split()) <= 5
    return is_short and bool(metrics.said(sentence[: found.start()].lower()))


def _is_stated(text: str, pattern: str = _STATED) -> bool:
    said = text.lower().replace("’", "'")
    if (said.rstrip().endswith("?") and len(said.split()) > 4) or compiled(_NO_ASIDE).search(said):
        return False
    found = compiled(pattern).search(said)
    if found is None:
        return False
    wanted = compiled(_WANTED).search(said)
    return wanted is None or wanted.start() > found.start() + 25


def _asks(text: str) -> bool:
    said = text.lower()
    return _begins_asking(said) or "?" in text or bool(metrics.said(said))


def _begins_asking(text: str) -> bool:
    return compiled(rf"{_FILLERS}(?:just )?{_ASKING}\b").search(text.lower()) is not None


_PIECES = re.compile(r"(?<=[.!?;:,])\s+|\s*\n+\s*|\s+[-–—]{1,2}\s+")
_MID_ASKING = re.compile(
    r"\s+(?:(?:so|and|but|now|then) )?(?=(?:what|how (?:many|much|often|do|did|does|is|are|was|were)|which|who|can you|could you|show me|give me|tell me)\b)",
    re.IGNORECASE,
)
_BEGINS_CONDITION = (
    _FILLERS
    + r"(?:for|in|on|at|of|from|by|with|without|to|during|since|until|between|before|after|over|under|above|below|only"
    r"|just|except|excluding|including|if|when|where|who|per|each|among|through|via|using|last|this|compare\w*|rank|list|show|give)\b"
)
_SAYS = (
    rf"\b{_VERB}\b|'(?:s|re|ve|m|d|ll)\b|\b(?:am|broke|grew|fell|rose|hit|drove|spoke|met|lost|won|paid|spent|stood|sat|slept|woke|ate|drank|dropped)\b"
    r"|\b(?!returning|existing|discounted|refunded|cancelled|returned|pending|processing)[a-z]{3,}(?:ed|ing)\b"
)
_ASKED_WITHIN = (
    r"\b(?:why|how (?:come|many|much)|what(?:'s| is| are| was| were)|which|show me|give me)\b"
)
_OF_WHOM = r"^(?:\w+ ){1,3}(?:who|that|which|whose)\b"


def told_otherwise(text: str) -> Iterator[Told]:
    """Where the question could begin, should all of it mean nothing: what comes before states
    something, and what is left asks of its own."""
    pieces = [each for each in _PIECES.split(text.strip()) if each]
    for number in range(1, len(pieces)):
        head, tail = " ".join(pieces[:number]), " ".join(pieces[number:])
        if not _may_be_told(head) or not (_begins_asking(tail) or metrics.said(tail.lower())):
            continue
        if number > 1 and _is_named_first(
            pieces[0]
        ):  # `candles, long story, how many have we sold`
            yield Told(f"{pieces[0]} {tail}", " ".join(pieces[1:number]))
        yield Told(tail, head)
    for found in _MID_ASKING.finditer(text):
        head, tail = text[: found.start()], text[found.end() :]
        if _may_be_told(head) and len(tail.split()) > 3:
            yield Told(tail, head)


def _is_named_first(piece: str) -> bool:
    said = piece.lower()
    return (
        piece.endswith((",", ":")) and len(said.split()) <= 4 and not compiled(_SAYS).search(said)
    )


def _may_be_told(text: str) -> bool:
    said = text.lower().replace("’", "'")
    if "?" in said or len(said.split()) < 3 or compiled(_BEGINS_CONDITION).search(said):
        return False
    asks = _begins_asking(said) or compiled(_ASKED_WITHIN).search(said)
    return not asks and not compiled(_OF_WHOM).search(said) and bool(compiled(_SAYS).search(said))


_IT = (
    r"\b(?:of )?(?:that|this) (?:one|code|coupon|product|item|category|thing)\b|\b(?:it|them|they|those|these)\b"
    r"|(?<=how many )(?=(?:we|i) (?:sold|have|had|got|shifted|sell|moved)\b)"
    r"|(?<=how many )(?=(?:did|have|do|are|were|has) (?:we|i|left|there|sold|in stock|gone|been sold|moved|shifted|flown)\b)"
)
OF_WHAT_WAS_TOLD = r"\b(?:pay|paid|owe|owed) (?:to )?(?:him|her|them)\b|\bfrom (?:there|that)\b(?= (?:in|last|this|since|over)\b| *$| ,)|\b(?:from|of|by|with|did|does|do|to) (?:it|them|those|these|that one)\b(?= (?:bring|brought|make|made|buy|bought|sell|sold|cost|have|has|did|do|order|ordered|came|come|in|last|this|since|over)\b| *$| ~| ,)|^ (?:so |and )*how many (?:have|did|do) (?:we|i) (?:sold|sell|shifted|sale|sales)\b"
UNKNOWN_IT = r"\b(?:pay|paid|owe|owed) (?:to )?(?:him|her)\b|\b(?:it|them|they|these|those|that one|this one)\b(?! (?:is|was|sorted|listed|split|by)\b)"
_THERE = r"\b(?:over )?there\b(?! (?:is|are|was|were|any|an?|been)\b)|\b(?:in|from|to) (?:that|this) (?:country|market)\b"


_BOTH = r"\b(?:both(?: of (?:them|these|those))?|the (?:two|2)(?: of them)?|each of (?:them|the two|the 2))(?= *$| (?!products|categor|countr|codes|months|best|worst)[a-z~,])"


def refers(line: str) -> bool:
    """Whether the question may mean what was told of."""
    return any(
        compiled(each).search(line) for each in (_IT, _THERE, _BOTH, r"\b(?:that|this) [a-z]+")
    )


_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DATE = re.compile(
    rf"\b(?:(?:on|in|at|over|since|from|of) )?(?:the )?(?P<when>(?:\d{{1,2}} (?:of )?{_MONTH}|{_MONTH} (?:the )?\d{{1,2}})(?: 20\d\d)?\b|{_MONTH}(?: 20\d\d)?\b(?! (?:i|we|be|have|not)\b)"
    rf"|yesterday|last (?:week|month|year|weekend|{_WEEKDAY})|{_WEEKDAY}|black friday|cyber monday|easter(?: sunday| monday)?|halloween|christmas day|boxing day|valentines day|mothers day)\b"
)
_SINCE_THEN = r"\bsince (?:then|that (?:day|date|time))\b|\b(?:ever )?since(?= *$| ,)|\bafter that(?: day| date)?\b"
_THEN = r"\bon the (?:very )?day(?= (?:vs|versus|itself|compared|against)\b| *$| ,)|\b(?:(?:on|in|during|over|for|of) )?that (?:same |very )?(?:day|week|month|weekend|date)\b(?! (?:before|after))"


_BESIDE = r",|\b(?:vs|versus|against|compared)\b"


_THOSE_MONTHS = (
    r"\b(?:(?:over|in|for|during|across) )?(?:those|these|the) (?:two|2|three|3) months\b"
)
_MONTHS = re.compile(rf"\b{_MONTH}(?: ?, {_MONTH})? and {_MONTH}(?: 20\d\d)?\b")


def dated(line: str, aside: str) -> str:
    """The question with the day that `since then` and `that day` stand for: one that was told, or
    that is said before."""
    if months := _MONTHS.search(aside):  # `my return for may and june is open, …`
        line = compiled(_THOSE_MONTHS).sub(f"in {months[0]}", line)
    found = compiled(_SINCE_THEN).search(line) or compiled(_THEN).search(line)
    if found is None:
        return line
    told = list(_DATE.finditer(aside)) or list(_DATE.finditer(line, 0, found.start()))
    if not told or "year" in re.split(_BESIDE, line[found.start() :])[0].split():
        return line
    when = told[-1]["when"]
    is_since = found[0].startswith(("since", "ever", "after"))
    instead = (
        f"since {when}"
        if is_since
        else f"on {when}"
        if when[-1:] == "y" and "day" in when
        else f"in {when}"
    )
    left = line[: found.start()]
    if told[-1].string is line:
        left = f"{line[: told[-1].start()]} {line[told[-1].end() : found.start()]}"
    return " ".join(f"{left} {instead} {line[found.end() :]}".split())


def _kind(named: Named) -> str:
    return "goods" if named.field in ("product", "category", "sku") else named.field


def resolved(line: str, aside: str, named: list[tuple[Named, ...]]) -> str:
    """The question with the names that `it` and `there` stand for."""
    places = list(map(int, re.findall(rf"{MARK}(\d+)", aside)))
    if len(places) == 2 and compiled(_BOTH).search(line):
        both = f"{MARK}{places[0]} vs {MARK}{places[1]}"
        return compiled(_BOTH).sub(both, line)
    held = {_kind(named[int(each)][0]) for each in re.findall(rf"{MARK}(\d+)", line)}
    for place in places:
        if _kind(named[place][0]) in held:
            continue  # The question names one of its own.
        is_country = named[place][0].field == "country"
        instead = f"{'in ' if is_country else ''}{MARK}{place} "
        own = "|".join(re.findall(r"[a-z]{3,}", named[place][0].value.lower())) or "one"
        said = rf"\b(?:of )?(?:that|this|those|these) (?:{own})s?\b|{_IT}"  # `that candle`
        line = re.sub(_THERE if is_country else said, instead, line, count=1)
    return " ".join(line.split())
