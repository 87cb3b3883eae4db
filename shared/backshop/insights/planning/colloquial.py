"""Sayings in plain words, before typing errors are mended and names are looked for: `blew october
out of the water` beats it, and no product is called water. A saying of which the store's own names
have all words stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from backshop.insights.planning import lexicon, wholes
from backshop.insights.planning.patterns import Patterns, compiled

_OURS = r"(?:our |my |the |any |all |some )*"
_PERIODS = (
    r"(?:(?:this|last|the same|previous|prior) (?:day|week|month|quarter|year)(?: last year)?|today|yesterday"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4]|20\d\d|it)"
)

_COMPARED: tuple[tuple[str, str], ...] = (
    (rf"\b(?:blow|blew|knock|knocked|take|took) ({_PERIODS}) (?:clean |right )?out of the (?:water|park)\b", r"beat \1"),
    (rf"\bleft? ({_PERIODS}) (?:in the dust|standing|for dead|behind)\b", r"beat \1"),
    (rf"\b(?:knock(?:ed)? spots off|wiped? the floor with|r[ua]n rings (?:around|round)|trounced?|crush(?:ed)?|smash(?:ed)?|trump(?:ed|s)?|eclipsed?|outpaced?|outstrip(?:ped|s)?|outshone|outshine|edged? out|pip(?:ped)?) (?={_PERIODS}\b)", "beat "),
    (r"\b(?:neck and neck with|(?:on|up to) (?:a )?par with|level with|head and shoulders above|streets ahead of|miles ahead of|way ahead of|a far cry from|in line with|in the same ballpark as)\b", "vs"),
    (r"\b(?:stacks?|stacked|stacking|measures?|measured|measuring|shapes?|squares?|lines?) up (?:against|to|with|next to|beside)\b", "compared to"),
    (rf"\b(?:holds? up|fares?|fared|rates?|weighs? in) (?:against|next to) (?={_PERIODS}\b)", "compared to "),
    (r"\bside by side with\b", "vs"),
    (r"\b(?:one|1) (?:next to|beside|against) the other\b", "side by side"),
    (r"\b(?:benchmarked|measured|set|pitted|held up|put) (?:against|beside|next to)\b", "vs"),
)  # fmt: skip
_OF_MONEY: tuple[tuple[str, str], ...] = (
    (r"\b(?:in the (?:black|red)|break(?:ing)? even|broke even|bottom line)\b(?! of)", "profit"),
    (r"\b(?:our |the |my )?top ?line(?: figures?| number)?\b", "revenue"),
    (rf"\b{_OURS}(?:biggest |best |main |top )*(?:cash cows|money ?(?:makers|spinners)|bread ?winners|(?:top|best|biggest) earners|rainmakers)\b", "best products by revenue"),
    (r"\bhow much (?:cash|money|dough) (?:is|do we have) (?:stuck |tied up |caught |locked )?(?:in limbo|hanging|in the air|up in the air)(?: in)?\b", "how much money is in"),
    (r"\b(?:what|how much)(?: (?:is|was|do we have|did we have|have we got))?(?: there)? in (?:the|our) (?:tills?|cash register|coffers)\b", "how much did we make"),
    (r"\b(?:hit|reached|made it to|landed in|came into) (?:the|our) (?:tills?|coffers|kitty)\b", "did we make"),
    (r"\b(?:skim(?:med)? off the top|skim(?:med)? off|cream(?:ed)? off|swallow(?:ed)?|gobble(?:d)? up)\b(?= in fees|.*\bfees\b)", "charge"),
)  # fmt: skip
_EXPLETIVES: tuple[tuple[str, str], ...] = (
    (r"\b(what|how|who|where|when|which|why) (?:on earth|the (?:hell|heck|devil|dickens|f\w+)|in (?:the world|heaven|gods name)|(?:exactly|actually|precisely)(?= (?:do|did|is|are|was|were|does|has|have)))\b", r"\1"),
)  # fmt: skip
_TILL = r"(?:(?:at|in|from|of) )?(?:the |our )?(?:shop |store )?(?:tills?|counter|cash ?desk|shop ?floor|(?:physical |real |bricks and mortar )?(?:shop|store))"
_BESIDE = r"(?:vs|versus|or|and|against|compared (?:to|with))"
_SITE = r"(?:web ?sites?|web ?shop|web ?store|web|online(?: (?:shop|store))?|internet|site)"
_FACE_TO_FACE: tuple[tuple[str, str], ...] = (
    (
        rf"(?<!until )(?<!in )\b({_TILL} {_BESIDE} (?:(?:on|in|at|of) )?(?:the |our )?{_SITE})\b",
        "in store vs online",
    ),
    (
        rf"\b((?:on )?(?:the |our )?{_SITE} {_BESIDE} {_TILL})(?= *$| ?,| (?:last|this|in|for|since|over|yesterday|today)\b)",
        "online vs in store",
    ),
)
"""Ways to call the two channels that are said only beside each other."""

_OF_GOODS: tuple[tuple[str, str], ...] = (
    (r"(?<!selling )\b(?:an? )(?:(?:real|complete|total|bit of a|big|huge|roaring|great|runaway) )*(?:damp squib|bust|wash ?out|let ?down|disappointment|success|triumph|disaster)(?: for)?\b", ""),
    (r"\b(?:shaping|stacking) up\b(?! (?:vs|against|to|compared|next))", "doing"),
    (rf"\b{_OURS}(?:biggest |runaway |smash |absolute |big |real )*(?:(?<=big )hits|(?<=runaway )hits|smash hits|blockbusters|crowd ?pleasers|firm favou?rites|show ?stoppers|front ?runners|bread and butter (?:products|items|lines)|staples|top dogs|stars of the show|sure things|hot tickets|hot property)\b(?! (?:of|from|by))", "best selling products"),
    (r"\b(?:sell|sells|sold|selling|go|goes|went|going)(?: like)(?: hot ?cakes| crazy| mad| wildfire| there is no tomorrow)\b", "sells best"),
    (r"\b(?:do|did|does) (?:people|customers|folks|they|shoppers|everyone|everybody) (?:go|went) (?:nuts|mad|crazy|wild|bananas|bonkers|gaga) (?:for|about|over)\b", "are most popular"),
    (r"\b(?:go|goes|went|going|are|is|were) (?:nuts|mad|crazy|wild|bananas|bonkers|ga ga|gaga) (?:for|about|over)\b(?= most| the most)", "buy"),
    (r"\b(?:can not|could not) get enough of\b|\b(?:snap|snapped|snapping|lap|lapped|lapping|gobble|gobbled|gobbling) up\b", "buy most"),
    (rf"\b(?:what|which {_OURS}?products?|which ones?)(?: (?:is|are|was|were|has been|have been))? (?:flying|flew|fly|flies|walking|gone|went) (?:off (?:the|our) (?:shelf|shelves)|out (?:of )?the door)\b", "best sellers"),
    (r"\ball the rage\b|\bthe flavou?r of the month\b", "most popular"),
    (rf"\b{_OURS}(?:damp squibs|also rans|wall ?flowers|white elephants|dead ducks|stinkers)\b", "worst selling products"),
    (r"\b(?:gathering|collecting) (?:dust|cobwebs)\b|\b(?:stuck|rotting) on the shelf\b|\b(?:will not|did not|has not|have not|not) (?:shift|budge|budged|shifting|budging)\b", "not selling at all"),
    (r"\b(?:bits (?:and|n) (?:bobs|pieces)|odds and ends)\b", "items"),
    (r"\b(?:goes|go|went) (?:hand in hand|hand in glove|arm in arm|well) with\b", "is bought together with"),
    (r"\b(?:in the same breath as|on the coat ?tails of)\b", "together with"),
    (r"\b(?:left )?(?:in the (?:tank|cupboard|larder|pantry|back)|under our roof|to hand|at hand|up our sleeve)\b(?=$| ~| ,| right| now| today)", "left"),
    (r"\b(?:everything|all(?: that is)?|what is|the lot|(?:all )?the (?:goods|stuff|things|products|items)) (?:on|in) (?:our |the |my )?(?:shel(?:f|ves)|warehouse|storeroom|stockroom|back room)\b(?=.*\bworth\b)", "our stock"),
    (r"\b(?:on|in) (?:our |the |my )(?:shel(?:f|ves)|stockroom|storeroom)\b", "in stock"),
    (r"\bdown to (fewer|less) than (\d+)(?: of| left)?\b", r"with \1 than \2 left"),
    (r"\bdown to (?:our |the |their )?last (?:few|couple|handful)\b|\b(?:running on (?:fumes|empty)|on (?:its|their) last legs|scraping the barrel)\b", "low on stock"),
    (r"\b(?:cleaned|wiped|picked|bought) (?:out|clean|bare)\b(?: (?:,|and) (?:with )?(?:zero|0|none|nothing)(?: left)?(?: in stock)?)?|\ball gone\b|\bbare shel(?:f|ves)\b", "sold out"),
    (r"\bat (?:what|which) (?:clip|lick|pace|speed|tempo)\b(?= (?:is|are|does|do|did|was|were)\b)", "how fast"),
)  # fmt: skip
_OF_PEOPLE: tuple[tuple[str, str], ...] = (
    (rf"\b{_OURS}(?:high rollers?|big fish(?:es)?|heavy hitters?|big hitters?|whales)\b(?= (?:have|has|had|who|that|spent|spend|with|ordered|bought)\b)", "customers"),
    (rf"\b{_OURS}(?:high rollers|big fish(?:es)?|heavy hitters|big hitters)\b", "best customers"),
    (rf"\b{_OURS}(?:die ?hards|super ?fans|hard ?core fans|the faithful)\b(?= (?:have|has|had|who|that|with|ordered|bought|placed)\b)", "customers"),
    (rf"\b{_OURS}(?:familiar faces|old friends|old hands|old faithfuls?|repeat offenders)(?: ,)?(?: (?:the )?returning customers ,?)?", "returning customers "),
    (r"\b(?:newbies|newcomers|new ?comers|first ?timers|new (?:faces|blood|arrivals|starters)|fresh faces)(?: ,)?(?: (?:the )?new customers ,?)?", "new customers "),
    (r"\b(?:pop(?:ped)? (?:by|in)|(?:drop(?:ped)?|sw[iu]ng|stop(?:ped)?|c[ao]me) by)(?= (?:last|this|today|yesterday|in|on|during|over|since)\b)", "bought"),
    (r"\b(customers|people|folks|shoppers|buyers)( who)? (?:turned|showed|rocked|rolled) up\b", r"\1\2 bought"),
    (r"\b(?:see|seen|saw) (?:neither )?(?:hide nor hair|hide or hair|neither hide nor hair)(?: of)?\b", "not ordered"),
    (r"\b(?:have|has|had) (?:we|i) (?:not ordered|not heard (?:a peep )?from|heard nothing from|had no sign of|not seen)\b", "have not ordered"),
    (r"\b(?:we|i) (?:have|had) (?:not ordered|not heard (?:a peep )?from|heard nothing from|had no sign of|not seen)\b", "have not ordered"),
    (r"\b(?:gone|went|are|is|fell|fallen|dropped|have gone|has gone) (?:awol|walkabout|off (?:the|our) (?:radar|map|grid)|missing|cold on us|under the radar)\b|\b(?:ghosted (?:us|me)|jumped ship|fl(?:ew|own) the (?:coop|nest)|vanished into thin air|given us the cold shoulder|turned their backs? on us)\b", "stopped buying"),
    (r"\b(?:sit|sits|sat) on (?:their|his|her) hands\b|\b(?:twiddle|twiddled) (?:their|his|her) thumbs\b|\bdrag (?:their|his|her) (?:feet|heels)\b", "wait"),
)  # fmt: skip
_OF_CODES: tuple[tuple[str, str], ...] = (
    (r"\b(?:punch(?:ed)?|key(?:ed)?|typ(?:e|ed)|plug(?:ged)?|tapp?(?:ed)?|put) in\b(?= (?:an? |the |our |code )*@x|.*\b(?:coupons?|codes?|vouchers?)\b)", "use"),
    (r"\b(?:(?:lean(?:ed|t)?|r[io]de|rode in|came in) on|cash(?:ed)? in on|whip(?:ped)? out|reach(?:ed)? for) (?=(?:an? |the |our |any )*(?:@x\d+|coupons?|codes?|vouchers?|discounts?)\b)", "used "),
    (r"\b(?:shav(?:e|ed)|slash(?:ed)?|trim(?:med)?|chop(?:ped)?|lop(?:ped)?|slic(?:e|ed)|clip(?:ped)?|sh(?:ea|o)re?) off(?: (?:of )?(?:our |the )?(?:orders?|bills?|prices?|sales|baskets?|revenue))?\b", "discount"),
)  # fmt: skip
_ASKER = r"(?:accountant|bookkeeper|tax advis[eo]r|boss|manager|partner|husband|wife|sister|brother|m[ou]m|dad|investors?|bank|team|supplier|landlord|colleague)"
_OF_REST: tuple[tuple[str, str], ...] = (
    (r"\b((?:do|does|did|are|is|have|has) (?:they|he|she)\b.{3,50}? than) us\b", r"\1 we"),
    (r"\b(?:just |only )?out of (?:curiosity|interest|boredom)\b(?: ,)?", ""),
    (rf"^(?:my|our|the) {_ASKER} (?:needs?|wants?|asks?|asked|is asking|would like|is after)(?: (?:me|us))?(?: (?:for|about|to know|to see|to have))?\b|\bfor (?:my|our|the) {_ASKER}\b", ""),
    (r"\b(?:came|come|comes|coming) (?:back to (?:bite|haunt) us|home to roost)(?: with a refund)?\b", "were refunded"),
    (r"\b(?:what|which|how (?:big|large) a) (?:slice|chunk|cut|bite|wedge|sliver|piece of the pie)(?: of)?\b", "what share of"),
    (r"\bhow (?:big|large) (?:is |was )?(?:the |a )?(?:slice|chunk|cut) of\b", "what share of"),
    (r"\b(?:red letter|block ?buster|banner|bumper|stand ?out|record breaking|blow ?out|stellar|golden) (day|week|month|quarter|year)\b(?= (?:ever|this|last|in|of|for|since|on)\b|$)", r"best \1"),
    (r"\b(?:middle of the road|run of the mill|bog standard|garden variety)\b(?: (?=order|basket|purchase|cart))?", "typical "),
    (r"\b(?:all told|when all is said and done|all in all|in the grand scheme(?: of things)?|by and large|long story short|give or take|ball ?park(?: figure)?|off the top of your head|in a nutshell|at a glance|for the (?:tax ?man|books|record|accounts|files)|for good measure|come rain or shine|warts and all|hand on heart|cut to the chase|no beating about the bush|bird s eye view|birds eye view|rule of thumb|as the crow flies|truth be told|if i may|small ?fry|night ?owl|early ?bird|tiddlers?|in one go|on the nose|to the penny|to the dot|bang for (?:our|your|the) buck|ish)\b(?! (?:products?|sales of|mugs?|shirts?))", ""),
    (r"\bwise(?= ?$| ~| ,)", "wise"),
    (r"\b(?:if )?(?:we|i) (?:are|am) (?:talking|speaking|thinking)(?: only| just)? (?:about|of)\b", ""),
    (r"(?<=\d )(?:will|would) do(?: (?:fine|nicely|the job|for now))?$|(?<=\d )(?:is|are) (?:enough|plenty|fine|ok)$", ""),
)  # fmt: skip

_SAYINGS = (
    *_COMPARED,
    *_OF_MONEY,
    *_FACE_TO_FACE,
    *_EXPLETIVES,
    *_OF_GOODS,
    *_OF_PEOPLE,
    *_OF_CODES,
    *_OF_REST,
    *wholes.RULES,
)
_PATTERNS = Patterns(pattern for pattern, _ in _SAYINGS)


def plainly(line: str, is_named: Callable[[str], bool]) -> str:
    """The line without sayings; `is_named` is of words that the store's names have."""
    for place in _PATTERNS.places(line):
        pattern, instead = _SAYINGS[place]
        found = compiled(pattern).search(line)
        if found is None or ((words := _words(found)) and all(map(is_named, words))):
            continue
        line = compiled(pattern).sub(instead, line)
    return " ".join(line.split())


def _words(found: re.Match[str]) -> list[str]:
    """Those of the saying itself that a name may be of."""
    text, own = found[0], lexicon.own_words()
    for kept in filter(None, found.groups()):
        text = text.replace(kept, " ", 1)
    return [each for each in re.findall(r"[a-z]{3,}", text) if each not in own]
