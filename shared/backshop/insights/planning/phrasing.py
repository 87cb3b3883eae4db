"""Merchants' turns of phrase in the planner's own words: a line is rewritten before its parts are
looked for. Names of the store are marked by then (`@x0`) and are not touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

from backshop.insights.planning import verbs
from backshop.insights.planning.lexicon import BEST, CODES, GOODS, PEOPLE, WORST
from backshop.insights.planning.patterns import Rewriting
from backshop.insights.planning.times import MONTH

_DID = r"(?:do|did|have|has|does|are|were|was|is)"
_WE = r"(?:we|i|the (?:shop|store|business))"
_MONEY = r"(?:net )?(?:sales|revenue|turnover|takings)"
_STATUSES = r"(?:cancell?ed|failed|pending|refunded|on hold|unpaid|void(?:ed)?)"
_UNIT = r"(week|month|quarter|year)"
_SIDE = r"weekday|day of (?:the )?week|hour(?: of (?:the )?day)?|country|category|channel|payment method|customer type"
_SIDES = r"weekdays?|days? of (?:the )?week|hours?(?: of (?:the )?day)?|countr(?:y|ies)|categor(?:y|ies)|channels?|payment methods?|customer types?"
_HOW_LONG = r"(?:(?:in )?how (?:long|soon|many (?:days|weeks)|much longer)|(?:the )?(?:days|weeks)(?: left)?|when)(?: (?:will|is|are|does|do|it takes|it is|left|until|till|before))+"
_GONE = r"(?:sold out|out of stock|gone|sells? out|runs? out|empty|finished|used up|all gone)"
_PACKED = (
    r"(?:packets|packs|bags|tins|jars|boxes|bottles|tubs|rolls|pairs|bars|bunches|sachets|trays|bundles|kilos|metres|balls"
    r"|cans|cartons|crates|sets|copies|cases|sacks|reels|spools|tubes|loaves|lengths|sheets)"
)
"""What goods come in."""
_CLASS = (
    r"(?:(?:brand )?new|first time|returning|repeat|existing|regular|old|guests?)(?: customers?| buyers?| clients?| shoppers?| ones)?"
    r"|guests"
)

_SAME_QUARTER: tuple[tuple[str, str], ...] = (
    (
        r"\b(q[1-4])\b(.{1,40}?) \1 (?:of |in |from )?(?:the |a )?(?:year before|previous year|prior year|year earlier|preceding year)\b",
        r"\1\2 the same quarter of the year before",
    ),
)
_PAID_FOR: tuple[tuple[str, str], ...] = (
    (
        rf"\b(?:what|how much) (?:do|did|does|have) (?:our |the )?{PEOPLE}( (?:in|from|of) (?:each|every) country| per country| by country)? (?:pay|paid)(?: us)? (?:for|in|on) (?:shipping|delivery|postage)\b",
        r"shipping charged\1",
    ),
    (
        rf"\b({PEOPLE}) (?:at risk|lapsed|inactive|quiet)(?: [,~])? (?:with )?(no orders?|nothing|no purchases?) (?=for|in|since)",
        r"\1 with \2 ",
    ),
)
_OF_A_STORY: tuple[tuple[str, str], ...] = (
    (r"[ ,]+i ?e (?:,? ?)(?:had|have|has|they|those|people|who|that|the ones)\b.*$", ""),
    (r"\b(no orders?|not (?:ordered|bought)) > (?=\d+ (?:day|week|month))", r"\1 for more than "),
    (r"\bpayment status(?:es)?\b", "status"),
    (r"\borders did (?:fail|not go through)\b", "orders failed"),
    (r"\bstock (?:that )?(?:we|i) (?:are|am) sitting on\b", "stock"),
    (
        r"\b(?:an?|the average|each|one|1) customer worth(?: to us)? over (?:their|his|her|its|a|the) (?:whole |entire )?(?:lifetime|life)(?: on average)?(?: ,)?(?: historically)?\b",
        "customer lifetime value",
    ),
    (
        r"\borders (?:that |which )?(?:had|have|has|got|with|having|ended (?:up )?(?:with|in)|ended)(?: been given)? (?:a|some|any|at least (?:one|1)|(?:one|1) or more)(?: kind of| sort of| partial)? refunds?\b",
        "refunded orders",
    ),
    (
        r"[ ,]+(?:both|all)(?: the| of the)? (?:sizes|colou?rs|versions|variants|flavou?rs|kinds|types|packs)(?: (?:taken )?(?:together|combined))?(?: ,)?(?= |$)",
        "",
    ),
    (r"(?<=@x\d) went out\b(?! of)", " sold"),
    (r"\bwhat (?:did|do|have) (?:we|i) net(?:ted)?\b(?! sales)", "what were our net sales"),
    (
        r"\borders (.{1,40}?)(?: ,)? how many (?:there were|were there|are there|there are)\b",
        r"how many orders \1",
    ),
    (
        r"\b(?:(?:usual|average|typical|median|mean|normal) )?(?:gap|wait|time|interval)(?: ,[^,]{1,40},)? between (?:(?:2|one|1|the|a|an|their) )?(?:orders|purchases)(?: (?:of|by|from) (?:an?|one|1|the same) (?:customer|buyer|person|client))?\b",
        "days between orders",
    ),
    (
        r"\bdays of stock (?:(?:have|do|we|got|are|is|left|there|of|for|each|every|product|item) )*(?:, )?(?:(?:where|if|when|but only where|only where) (?:it|that|this) is )(under|below|less than|fewer than|over|above|more than) (\d+)(?: days)?\b",
        r"products with \1 \2 days of stock",
    ),
    (
        r"\b(?:next to|alongside|beside|together with|along with)(?= (?:the |our )?(?:average|median|mean|net|gross|number of|orders|units|revenue|refunds|discounts|aov)\b)",
        "and",
    ),
    (
        r"\b(?:only |just )?(?:ever |have |has )*(?:placed|made) (?:only |just )?(?:a single|one|1) (?:order|purchase)\b(?! in| on| last| this)",
        "bought only once",
    ),
    (
        r"\bon (?:the )?saturday and (?:the )?sunday (?:together|combined|taken together)\b",
        "last weekend",
    ),
)
_NUMBER_WITHIN: tuple[tuple[str, str], ...] = (
    (r"\b(best|worst|slowest) (\d+) (?=sellers\b|selling\b|movers\b)", r"\2 \1 "),
)
"""`best 3 sellers`."""
_OF_COHORTS: tuple[tuple[str, str], ...] = (
    (r"\bfirst (?:order|purchase) months?\b", "cohort month"),
    (
        r"\bmonths? (?:since|after|from) (?:the |their )?(?:very )?first (?:order|purchase)\b",
        "months since first order",
    ),
    (
        r"\brfm segments? ,? ?(?:and )?how many (?:customers|people|buyers)(?: (?:are|is|do we have))?(?: in)?(?: each(?: one| of them)?| them)?\b",
        "rfm segments",
    ),
    (
        r"\b(?:customers|people|buyers) (?:in|per|by|for) (?:each|every|the) rfm segments?\b",
        "rfm segments",
    ),
)
_MONEY_GIVEN: tuple[tuple[str, str], ...] = (
    (
        rf"\b(which|what) ({CODES})(?: (?:has|have|had))? (?:(?:gave|given|giv(?:es|ing)|handed|hands)(?: (?:away|out|customers|people|shoppers|back))?|took|takes|taken|knock(?:ed|s)|burn(?:ed|s|t)|cost|costs|ate|eats)(?: (?:us|me|through))? (?:the )?(most|least|more|less)\b(?! (?:orders|uses|customers|sales|revenue|often))(?: (?:money|discount|discounts|cash|margin))?(?: (?:off|away|out))?",
        r"\1 \2 gave the \3 discounts",
    ),
    (
        r"\b(?:(?:what|which|how (?:many|much)) )?(?:percent(?:age)?|share|proportion|part|fraction) of (?:our |the |my )?gross(?: sales| revenue)?(?: (?!with|had|have|has|by|per|in)[a-z]+){0,5}?(?: in| by)? discounts?(?: (?:take|eat|eat up|cost|make up|swallow))?\b",
        "discount rate",
    ),
    (
        r"\bhow much of (?:our |the )?gross(?: sales)? (?:went|goes|is going|was going) (?:on|to|into|in) discounts(?: in percent)?\b",
        "discount rate",
    ),
    (
        r"(?<=how many )uses\b|(?<!\d )(?<!who )(?<!that )\buses(?= (?:and|,|plus|or) )|(?<= and )uses\b|(?<=, )uses\b|(?<=plus )uses\b",
        "coupon uses",
    ),
    (
        r"\bwhat (?:percent(?:age)?|share|proportion) of (?:our |the )?(?:sales|revenue) (?:do|did|have) we discount(?:ed)?(?: away)?\b|\bhow (?:deep|steep|big|high|large) (?:are|were|is|was) (?:our |the )?(?:average )?discounts?\b(?: on average)?",
        "discount rate",
    ),
    (
        r"\b(?:average|mean|typical) price (?:[a-z]+ ){0,4}?per (?:item|unit|piece|product)\b",
        "average selling price",
    ),
    (
        r"\b(?:gmv|gross merchandise (?:value|volume)|undiscounted (?:sales|revenue))\b",
        "gross sales",
    ),
    (r"\bgross (?:takings|income|earnings)\b(?! with tax)", "gross sales"),
    (
        rf"\b({_MONEY}) (?:net of|after|less|minus|without) (?:the |all |any )?"
        r"(?:refunds?|returns?|discounts?)(?: and|,|, and) (?:the |all |any )?(?:refunds?|returns?|discounts?)\b",
        "net sales",
    ),
    (r"\bprice (?:reductions?|cuts?)\b|\bmarkdowns?\b|\brebates?\b", "discounts"),
    (r"\b(?:amount|sum|value|total) (?:that (?:we|was) )?discounted\b", "discounts"),
    (rf"\bhow much (?:did|have) {_WE} discount(?:ed)?\b(?! on average)", "discounts"),
    (
        rf"\b(?:total )?savings (?:for|to|of) {PEOPLE}(?: (?:from|through|by|with) {CODES})?",
        "discounts",
    ),
    (
        rf"\bhow much(?: money)? {_DID} {_WE} (?:pay|give|paid|gave|given) back\b"
        rf"|\bhow much(?: money)? (?:went|goes|was sent|flowed) back to {PEOPLE}\b|\breimbursements?\b",
        "refunds",
    ),
    (r"\brefunds? totals?\b", "total refunds"),
    (
        rf"\bhow much(?: money)? {_DID} {_WE} (?:charge|charged|collect|collected|take|earn|get|make)"
        r" (?:for|from|in|on|with|by) (?:delivery|shipping|postage|freight)(?: fees| charges)?\b",
        "shipping",
    ),
    (
        rf"\bhow much of (?:our |the )?(?:gross )?{_MONEY} (?:goes|went|is|was|gets|got)"
        r" (?:to|on|into|lost to|eaten by)(?: the)? discounts\b"
        rf"|\bshare of {_MONEY} (?:given away|lost|that goes|going)(?: (?:in|to|as|through|on))* discounts\b",
        "discount rate",
    ),
    (
        rf"\bhow much of (?:our |the |all )*{_MONEY} (?:is|was|gets|got|were|are|comes|came)(?: being)? (?:refunded|returned|sent back)\b",
        "refund rate",
    ),
)

_ASKED = r"(?:what|which|who|how|when|where|show me|give me|tell me|can you|could you)"
_LEADS = r"(?:from|with|without|among|for|in|via|by|per|over|under|to|using|excluding|except|paid (?:by|with))"
_FRONTED: tuple[tuple[str, str], ...] = (
    # A condition before the question goes behind it: `with save10 how much did people spend`.
    (rf"^({_LEADS} (?:(?!{_ASKED}\b|and |but )[^,]){{2,50}}?) , ({_ASKED} .*)$", r"\2 \1"),
    (
        rf"^({_LEADS} (?:(?!{_ASKED}\b|and |but )[^,]){{2,50}}?) ((?:what|how many|how much|show me|give me|tell me) .*)$",
        r"\2 \1",
    ),
)

_OF_ORDERS: tuple[tuple[str, str], ...] = (
    (
        rf"\bhow many (?:things|items|products|pieces|bits|articles|units) (?:do|did|does|have|has) (?:our |the )?(?:{PEOPLE}|they|we) (?:put|place|buy|bought|have|get|pop|throw|include)(?: (?:in|into|per|for))? (?:1|one|an?|each|every|a single|the average|a typical) (?:order|go|basket|purchase|visit)\b",
        "items per order",
    ),
    (
        r"\b(?:what |which )?(?:percent(?:age)?|share|proportion|fraction|how many percent) of (?:(?:all|the|our|my) )*orders(?: (?:that|which|was|were|is|are|has|have|been|got|get|ended up|either))* (?:cancelled|failed) (?:or|and) (?:cancelled|failed)\b",
        "cancellation rate",
    ),
    (
        rf"\b{_DID} {_WE} (?:refund(?:ed)?|refunding|g[ai]ven? back|pa(?:y|id) back) (?:the )?(most|least|highest|lowest)(?: amount(?: of)?)?(?: money)(?: back)?\b",
        r"are the \1 refunds",
    ),
    (
        rf"\bhow much(?: money)? (?:did|do|have|has) (?:the |our |all )*{PEOPLE} (?:who|that|which) (paid (?:with|by|via|through|using) @x\d+|used (?:the )?(?:code |coupon )?@x\d+) (?:pay|paid|spend|spent)(?: us)?\b",
        r"how much did we take from orders \1",
    ),
    (
        r"\b(how many (?:different |distinct )?customers)\b(.*?)(?: ,)? and how many (?:of|from|among) (?:them|those|these)(?: (?:is|are|was|were|had been))? (new|returning)(?: customers| ones)?\b",
        r"\1 and \3 customers\2",
    ),
    (
        r"\b(?:order|purchase|buying) frequency (?=orders per (?:customer|buyer|client)\b)|(?<=orders per customer )(?:order|purchase|buying) frequency\b",
        "",
    ),
    (
        r"\bhow much money (?:is|do we have)(?: there)? in orders (?:of|by|in|with) (?:each|every|all) status(?:es)?\b",
        "order value of all statuses by status",
    ),
    (
        rf"\b(share|percentage|proportion) of orders (?:driven|made|placed|won|generated|coming|paid) (?:by|with|through|from|using) (?:an? |our )?{CODES}\b",
        r"\1 of orders with a coupon",
    ),
    (
        rf"^how many of (?:them|those|these) (?:were |came |are )?(?:with|had|used|using) (?:an? |any )?{CODES}",
        "and discounted orders",
    ),
    (r"\b(?:money|amounts?|value) (?:taken|knocked) off\b", "discount amount"),
    (
        r"^((?:(?:please|can you|could you) )*)(?:make|prepare|draw up|create|build|produce|put together|compile|run|generate) (?:me |us )?(?:an? |the )?(?:list|table|report|overview|chart|graph|breakdown|summary) (?:of|with|for|about|on|showing)\b",
        r"\1show",
    ),
    (r"\baverage of (?:the |our )?orders\b", "average order value"),
    (r"\b(?:orders )?invoices?(?: orders)?(?: issued)?\b(?! \d)", "orders"),
    (r"\bbalance of (?=(?:unpaid|pending|open|outstanding)\b)", "money in "),
    (
        r"\bmedian (?:vs|and) (?:the )?(?:mean|average) order values?\b",
        "median order value and average order value",
    ),
    (
        r"\b(?:mean|average) (?:vs|and) (?:the )?median order values?\b",
        "average order value and median order value",
    ),
    (
        r"\bratio of (?:the |our )?(discount|refund|return|tax)(?:s|es)? to (?:the |our )?(?:gross |net |total )?(?:sales|revenue|turnover)\b",
        r"\1 rate",
    ),
    (
        r"\b(?:fully|partly|partially|completely|wholly)(?: (?:or|and) (?:fully|partly|partially|completely|wholly)) (?=refunded|returned)",
        "",
    ),
    (
        r"\baverage (?:number |quantity |count )?of (?:the )?(?:pieces|items|units|products) (?:in|per|by|for) (?:an? |the |each |one )?orders?\b",
        "items per order",
    ),
    (r"\b(order|purchase|buying) frequency per customer\b", r"\1 frequency"),
    (
        r"\borders\b((?: (?!of all)[^ ]+){0,8}?)(?: ,)? (?:including|incl) (?:the )?(?:cancelled|failed)(?: (?:and|or) (?:failed|cancelled|pending|refunded))?(?: ones| orders)?(?= ?$| ,| (?:by|per|last|this|in|for)\b)",
        r"orders of all statuses\1",
    ),
    (
        r"^((?:(?:no of|number of|the|all|total|our) )*)order (?=(?:in|from|last|this|today|yesterday|by|per)\b)",
        r"\1orders ",
    ),
    (
        r"\b(?:goes?|going|ends? up|lands?|puts?|gets? put) in(?:to)? (?:the |their |an? |one |same )*(?:basket|cart|order)s? (?:together |along |alongside )?with\b",
        "is bought together with",
    ),
    (
        r"\borders with (?:at least )?(?:1|one|a|an|any|some) (?:or more )?(?:refunds?|returns?)\b",
        "refunded orders",
    ),
    (
        r"\b(?:how many|what)(?: of (?:our|the))? orders (?:got|get|were|are|was|is) (cancelled|refunded|returned|discounted) (?:as|in) an? (?:percentage|percent|share|proportion)\b",
        r"share of orders \1",
    ),
    (
        r"\b(?:of all statuses|of every status|whatever the status)(?: ,)? (?:including|incl|with|even|and also) (?:the )?(?:cancelled|failed|refunded|pending)(?: (?:and|or) (?:cancelled|failed|refunded|pending))?(?: (?:ones|orders))?",
        "of all statuses",
    ),
    (
        r"\bhow many times? (?:do |does |did )?(?:an?|the|our|each|every|one) customers? (?:make|place|order|buy|do)s?(?: an?)?(?: orders?| purchases?)?(?: (?:in|per) (?:one|1|a) (?:year|month))?\b",
        "orders per customer",
    ),
    (r"\b(?:just|only|exactly) (?:one|1|a) (?:single )?time\b", "only once"),
    (
        r"\b(?:days?|day) of (?:stock|inventory|cover)(?: left| remaining)? (under|below|less than|over|above|more than|<|>) (\d+)(?: days)?\b",
        r"stock lasting \1 \2 days",
    ),
    (r"\borders of (?:every|any|each) status\b", "orders of all statuses"),
    (r"\bvalue of (?:all |the |our )*orders by status\b", "order value of all statuses by status"),
    (
        r"\b(?:average|mean|avg) (?:number of )?(?:items|units|products|pieces) (?:in|per|of) (?:an? |our |the |each |all )?orders?\b",
        "items per order",
    ),
    (r"\bquantity of (?:the |our |all )*(orders|customers|clients)\b", r"number of \1"),
    (
        rf"\bdo (?:our |the )?{PEOPLE} (?:using|with|who use|who used) (?:an? |our )?(?:{CODES}|discounts?) (?:spend|order|buy)(?: more| less| bigger)?(?: per order)?"
        rf" than (?:those|{PEOPLE}|ones|others)?(?: who)? ?(?:do not|did not|without)(?: one| any| use one)?\b",
        "average order value with vs without coupon",
    ),
    (
        r"\b(?:incl|including|inclusive of|inclusive|with|plus) (?:sales )?(?:gst|vat|hst|tax(?:es)?) and (?:freight|postage|delivery|shipping)(?: fees| charges)?\b",
        "including tax and shipping",
    ),
    (
        r"\beffective (?:gst|vat|sales tax|hst)(?: rate)?\b|\b(?:gst|vat|sales tax|hst) rate\b",
        "effective tax rate",
    ),
    (
        r"\bhow much (?:of )?(?:the )?refunds? (?:have|did|do) we (?:made|make|do|have|done|give|given)\b",
        "refunds",
    ),
    (r"\border volumes?\b|\bvolumes? of orders\b", "number of orders"),
    (rf"\bhow many times {_DID} (?:our |the )?{PEOPLE} (?:order|buy|shop)\b", "number of orders"),
    (
        r"\borders (?:in|of|with) any status\b|\borders (?:regardless of|irrespective of|no matter)(?: the| what)? status\b",
        "orders of all statuses",
    ),
    (
        rf"\b(?:all )?orders (?:incl|including|counting|with)(?: the| all)? {_STATUSES}(?: (?:and|or|,) {_STATUSES})*(?: ones)?\b",
        "orders of all statuses",
    ),
    (
        r"\bwhat is (?:an|the|one|our) (?:average )?order worth(?: on average)?\b",
        "average order value",
    ),
    (r"\b(?:typical|median|middle) transaction (?:value|size|amount)\b", "median order value"),
    (
        r"\bbasket size in (?:items|units|pieces|products)\b"
        r"|\b(?:items|units|products|pieces) in (?:the|an) (?:average|typical) (?:basket|order|cart)\b",
        "items per order",
    ),
    (r"\bunit sales\b|\b(?:sales|sold) in (?:units|pieces)\b", "units sold"),
    (r"\b(?:count|number|no) of refunds\b", "how many refunds"),
    (r"\borders (?:that )?got (?:their )?money back\b", "orders refunded"),
    (
        r"\b(?:percent(?:age)?|share|proportion|part|fraction) of (?:cancell?ed|failed) orders\b"
        r"|\b(?:rate|percent(?:age)?|share) of cancell?ations\b",
        "cancellation rate",
    ),
    (
        r"\b(?:how many |number of )?orders (?:that )?(?:were|got|are|was|had been) discounted\b",
        "discounted orders",
    ),
    (
        rf"\b{CODES} (?:order share|usage rate|use rate|penetration|uptake|usage share|adoption)\b"
        r"|\bdiscount (?:penetration|uptake|adoption)\b",
        "share of orders with a coupon",
    ),
    (rf"\b(revenue|sales|turnover) (?:from|of|through) {CODES} orders\b", r"\1 with coupon"),
)

_OF_PEOPLE: tuple[tuple[str, str], ...] = (
    (
        rf"^(?:(?:of|so|right|and|,|the|those|all|our) )*(?:(?:{PEOPLE}|those|ones) )*(?:(?:whose )?first (?:order|purchase) (?:was )?|(?:(?:who|that) )?(?:first (?:bought|ordered|purchased|shopped)|started|joined) )(in {MONTH}) [:,]? ?(?:what|which|how many)? ?(?:percent|percentage|share|proportion|of them|~| )*(?: ?[a-z]+){{0,5}} (?:again|back|returned|came)\b.*\b(?:months? (?:later|after)|(?:1|2) months?|after 1|each month|every month|and so on|etc)\b.*$",
        r"cohort retention \1",
    ),
    (
        rf"\bwhat (?:percent|percentage|share|proportion) of (?:the )?{PEOPLE} (?:who|that) first (?:bought|ordered|purchased|shopped) (in {MONTH}) (?:bought|ordered|purchased|came back|shopped|returned)(?: again)? (?:in|over) the (?:\w+ )?months (?:after|since|that followed)\b",
        r"cohort retention \1",
    ),
    (
        r"^(?=.*\b(?:cohort (?:revenue|sales)|retention|revenue by cohort)\b.*cohorts)(.*?),? ?\b(?:for |of |from |only )*(?:the )?(?:(this|last) (year|quarter|month) ?s? cohorts|cohorts (?:of|from|in) (this|last) (year|quarter|month))\b",
        r"\1 \2\4 \3\5",
    ),
    (
        r"^(?:the )?(?:revenue|sales) (?:of|from) (this|last) (year|quarter|month) ?s? cohorts\b",
        r"cohort revenue \1 \2",
    ),
    (
        r"^(?:the )?(this|last) (year|quarter|month) ?s? cohorts ,? ?(?=cohort (?:revenue|retention)|retention)",
        r"\1 \2 ",
    ),
    (
        r"^(?:the |our )?((?:new|returning|repeat|guest) customers(?: (?:of|from|in) @x\d+)?) , (how many orders) (?:(?:did|have|do) )?they (?:placed?|made|make|have)\b",
        r"\2 from \1",
    ),
    (r"^for (?:our |the )?customers ((?:in|from|of) @x\d+ ,)", r"\1"),
    (
        rf"\b(?:number of|how many) {CODES} (?:were |was |are )?used by {PEOPLE} (?=from|in)",
        "orders with a coupon ",
    ),
    (
        r"^how do (?:our |the )?(new|returning|repeat|guest) customers (?:usually |mostly )?pay\b",
        r"orders by payment method from \1 customers",
    ),
    (
        r"^(?:the |our )?((?:new|returning|repeat|guest) customers(?: (?:of|from|in) @x\d+)?) , how much (?:(?:did|have|do) )?they (?:spent|spend|pay|paid)\b",
        r"sales from \1",
    ),
    (r"\b((?:first time|new) )number of (?=customers\b)", r"number of \1"),
    (
        rf"\b(?:what |which )?(?:percent(?:age)?|share|proportion|fraction) of (?:our |the |my |all )*{PEOPLE} (?:(?:who|that|have) )*(?:bought|ordered|purchased|shopped|came|come)(?: (?:with|from) us)? (?:more than (?:once|1 time)|at least twice|(?:2|at least 2|multiple) (?:or more )?times)\b",
        "repeat customer rate",
    ),
    (
        r"\b(customers|clients|buyers|shoppers) (new|returning)\b(?= (?:of|in|for|from|this|last|since|during|by)\b| ?$| ,)",
        r"\2 \1",
    ),
    (
        r"\bhow much (?:do|did|does|have) (?:our |the )?(?:top|best|biggest) customers (?:contribute|add|mean)(?: to (?:our |the |total )*(?:sales|revenue|turnover))?\b",
        "share of top customers",
    ),
    (
        r"\b(cohort.{1,60}?)(?: ,)? (?:of |for |from )?(?:the |all )?(?:customers|those) (?:acquired|won|gained|who joined|joining)\b",
        r"\1",
    ),
    (
        rf"\bhow (?:long|many days) (?:do|does|did) (?:our |the )?{PEOPLE} (?:leave it|wait|take|go|leave) between (?:orders|purchases)\b"
        r"|\bhow (?:long|many days|much time)(?: (?:do|does|are|is|there|normally|usually|typically|on|average|generally))* (?:pass(?:es)?|go(?:es)? by|elapses?|lies?|there)?(?: on average)? ?between (?:(?:2|one|1|the|a|an|their|one s|someone s) )?(?:orders?|purchases?)(?: and (?:the )?(?:next|another)(?: one)?)?(?: (?:of|by|from) (?:the |our |one |1 |a |an )*(?:same |single )?(?:customers?|buyers?|person|client))?\b",
        "days between orders",
    ),
    (r"\b(?:customer|buyer|client|shopper) (?:count|numbers?|total)\b", "number of customers"),
    (
        r"(?<!for )\b(?:customers|buyers|clients) (?:acquired|gained|won|added)\b|\bfresh (?:customers|buyers|faces)\b"
        r"|(?<!are )(?<!were )\bfirst timers\b",
        "new customers",
    ),
    (
        rf"\b{PEOPLE} (?:who|that) (?:came back|returned|had (?:already )?bought (?:before|from us before|earlier)|had ordered before)\b",
        "returning customers",
    ),
    (
        r"(?<!new )(?<!returning )(?<!do )(?<!does )(?<!the )(?<!our )\bcustomers? spend(?:ing)? on average\b",
        "average spend per customer",
    ),
    (
        r"\b(?:our |the )?regulars ,? ?how much do they spend\b|\bhow much do (?:our |the )?regulars spend\b",
        "revenue from returning customers",
    ),
    (
        rf"\b(?:average |mean )?(?:lifetime|ltv|life time) (?:value|spend|spending) (?:per|of an?|for each|of the average) {PEOPLE}\b"
        r"|\baverage lifetime (?:spend|spending|revenue)\b",
        "customer lifetime value",
    ),
    (
        rf"\bhow long does it take (?:for )?(?:our |the |an? )?{PEOPLE} to (?:re ?order|come back|buy again|order again)\b"
        rf"|\bhow often do (?:our |the )?{PEOPLE} come back in days\b",
        "days between orders",
    ),
    (
        r"\b(?:top|best|biggest|largest) customers? (?:revenue )?share\b"
        rf"|\bshare of {_MONEY} (?:from|by|of) (?:our |the )?(?:top|best|biggest|largest) customers\b"
        r"|\bwhat share (?:do|does|did) (?:our |the )?(?:top|best|biggest|largest) customers (?:have|make|hold|bring)\b",
        "customer concentration",
    ),
    (rf"\b{PEOPLE} to win back\b|\bwho (?:should|could) we win back\b", "customers at risk"),
    (
        rf"\b({PEOPLE}) (?:who |that )?(?:have |had )?never (?:came|come|returned|been) back\b",
        r"\1 bought only once",
    ),
    (
        rf"\b{PEOPLE} (?:who |that )?(?:have|had|with|made|placed) (?:just|only|exactly) (?:1|one|a single) (?:order|purchase)\b",
        "one time customers",
    ),
)

_OF_GOODS: tuple[tuple[str, str], ...] = (
    (
        rf"\b{_HOW_LONG} (?:the |our |my |all |of )*(@x\d+|it|they|each|that)(?: (?:is|are|will|be|get|gets|has|have))* {_GONE}\b",
        r"how long will \1 last",
    ),
    (
        rf"\b{_HOW_LONG} (?:we|i)(?: (?:are|have|will|be|run))* (?:sold )?out of (?:the |our |my )*(@x\d+)",
        r"how long will \1 last",
    ),
    (
        r"\bhow many (?:of )?(?:the |our )?(@x\d+) (?:should|ought to|must)(?: (?:we|i|there))?(?: (?:still|to))? (?:be|have|find|count|see)(?: (?:left|still))*(?: (?:on|in) (?:the |our )?(?:shelf|shelves|stock ?room|warehouse|stock|back))?(?= |$)",
        r"how many \1 do we have in stock",
    ),
    (
        r"\b(?:how (?:much|many)|what) (?:stock|quantity|quantities|pieces|units|of them) (?:should|ought to|must)(?: (?:we|i|there))? (?:be|have|find|count|see) (?:of|for|in) (each|every|@x\d+|(?:the |our )@x\d+)",
        r"how much stock do we have of \1",
    ),
    (
        r"\bwhat (?:should|ought|must) (?:the |our )?stock of (?:the |our )?(@x\d+) (?:to )?be\b",
        r"stock of \1",
    ),
    (
        r"\b(?:the )?(?:value|worth) of (?:all |everything |whatever |(?:the |all the )?(?:stuff|goods|things) )?(?:(?:that|what|we|i|is|are|have|hold|own|lying|sitting|there|around)(?: |$))*(?:(?:on|in) (?:the |our )?(?:shelf|shelves|stock ?room|store ?room|warehouse|stock|storage)\b)",
        "inventory value",
    ),
    (
        r"\b(?:value|worth) of (?:the |our |all )*(@x\d+) (?:(?:that|we|is|are|have|lying|sitting) )*(?:on|in) (?:the |our )?(?:shelf|shelves|stock ?room|store ?room|warehouse|stock)\b",
        r"inventory value of \1",
    ),
    (
        rf"\b({GOODS}|units|pieces)((?: (?:that|which|have|has|had|did))*) (?:come|came|comes) back\b(?! (?:for|to|in stock|into))",
        r"\1\2 refunded",
    ),
    (
        r"\bhow many (?:units|pieces|items)((?: (?:that|which|have|has|had|been|were|was|are|got|get))*) (?:returned|refunded)\b",
        r"how many units\1 refunded",
    ),
    (r"\b(?:for|of|from|by|per) (?:each|every) (@x\d+)(?! (?:and|,))", r"of \1 by product"),
    (
        rf"\b(?:which|what) (\d+) {GOODS} (?:are|get|were|do people|do customers) (?:(?:most|often|frequently|commonly|usually) )*(?:bought|buy|sold|ordered|purchased)(?: together)? with\b",
        r"top \1 products bought together with",
    ),
    (
        rf"\b(?:which|what) {GOODS} (?:have we|do we have|we have|do we)(?: got)? (more than|over|less than|under|fewer than|at least|at most) (\d+) (?:pieces |units |items )?(?:of|left|in stock)(?= ?$| ,)",
        r"products with \1 \2 in stock",
    ),
    (
        r"\b(?:which|what)(?: of (?:our|the))? (@x\d+)(?: (?:is|are|am|we|running|getting|get|a bit|very|do|have))* (?:low|short)(?: on| of)?(?= ?$| ,| now| right now)",
        r"which \1 are low on stock",
    ),
    (
        r"\bhow (?:long|many (?:days|weeks)) (?:will|does|do|would|is) (?:our |the |my )*(?!stock |current |our |the )([a-z]+) (?:stock|supply|inventory) (?:last|hold|suffice)\b",
        r"days of stock of \1",
    ),
    (
        rf"\b(?:the )?(?:(\d+) )?(@x\d+ )?{GOODS} (?:that|which) (?:we )?(?:sold|sell|shifted) (?:the )?(?:fewest|least|smallest|lowest)(?: number of)?(?: (?:units|pieces|items))?\b",
        r"\1 worst selling products \2",
    ),
    (
        rf"\b(?:the )?(?:(\d+) )?(@x\d+ )?{GOODS} (?:that|which) (?:we )?(?:sold|sell|shifted) (?:the )?(?:most|highest)(?: number of)? (?:units|pieces|items)\b",
        r"\1 best selling products \2",
    ),
    (
        r"\b(?:(?:are|is|still|left|sitting|lying|standing) )+(?:on|in) (?:the |our |my )?(?:shel(?:f|ves)|stockroom|storeroom|back room)\b",
        "in stock",
    ),
    (r"\b(run|runs|running|ran) dry\b", r"\1 out"),
    (r"\b(?:in )?the same (?:parcel|package|box|delivery|shipment)\b", "in the same order"),
    (
        r"\b(exactly|under|below|above|over|than|least|most|at|of|to) zero\b",
        r"\1 0",
    ),
    (
        r"\bwhat (?:has |have |was |is |were )?(?:been )?(?:an? |the )?(?:total |complete |real |biggest )?flops?\b",
        "worst selling products",
    ),
    (
        r"\b(?:inventory|stock)(?: on hand)? at (?:retail|selling)(?: values?| prices?)?\b",
        "inventory value",
    ),
    (
        r"\bquantity of (?:the |our )?(@x\d+)(?: (?:that|which) is)? (?:remaining|left)\b",
        r"\1 in stock",
    ),
    (
        r"\bmoney (?:tied up|locked up|sitting|stuck|in) (?:in )?(?:stock|inventory)\b",
        "inventory value",
    ),
    (
        rf"\b(?:{GOODS} )?(?:that )?we have run out of\b|\bwhat have we run out of\b|\bstock ?outs?\b",
        "out of stock",
    ),
    (r"\bremaining (@x\d+)", r"\1 in stock"),
    (r"\bhow many (@x\d+) (?:remain|remains|are remaining)\b", r"how many \1 in stock"),
    (r"\bbest and (?:quickest|fastest|biggest|quick|fast) (seller|selling)\b", r"best \1"),
    (
        r"(\bhow many .{1,40}?) (?:walked|went|flew|gone|rolled) out (?:of )?the door\b",
        r"\1 were sold",
    ),
    (r"\bnothing sold of what\b|\bwhat sold nothing\b", "products without sales"),
    (
        r"\b(?:grab|pick up|throw in|(?<!we )get|(?<!we )take)(?: together)? with\b(?= (?:the |our |an? )?@x)",
        "buy together with",
    ),
    (r"^(@x\d+) (?:left|remaining)$", r"\1 in stock"),
    (r"\bzero sellers?\b", "unsold products"),
    (
        r"\b(?:combined|paired|bundled) with\b|\b(?:else )?(?:is |goes )?in the (?:basket|cart|order) with\b",
        "bought together with",
    ),
    (rf"\b(?:hit|star) (?:{GOODS}|sellers?|performers?)\b", "best selling products"),
    (
        rf"(?<!\d )\bbottom sell(?:ers|ing)(?: {GOODS})?\b|\b{GOODS} (?:that|which) (?:sell|sold) (?:the )?least\b"
        rf"|\bwhat (?:hardly|barely|scarcely) (?:sells|sold)\b|\b{GOODS} (?:that|which) (?:hardly|barely) sell\b",
        "worst selling products",
    ),
    (rf"\b{GOODS} (?:that|which) (?:sell|sold) (?:the )?(?:most|best)\b", "best selling products"),
)

_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"

_OF_TIME: tuple[tuple[str, str], ...] = (
    (
        rf"\bthis {_UNIT} (vs|versus|against|compared (?:to|with)) last(?= (?:by|per|for|in|from|of|on|with|split|and|each|broken|@x\d)\b| @x| ?,)",
        r"this \1 \2 last \1 ,",
    ),
    (
        r"\bsince (?:we|i|our|the) (?:[a-z]+ ){1,5}?(?:in|on) (?=(?:january|february|march|april|may|june|july|august|september|october|november|december|\d)\b)",
        "since ",
    ),
    (
        r"\b(days|weeks|months) (?:with|that had|which had|having) (?:no|zero|0) (orders|sales)\b",
        r"\1 with exactly 0 \2",
    ),
    (
        rf"\b(?:in|for|over|during) each of the (last|past) (\d+) {_UNIT}s\b",
        r"by \3 in the \1 \2 \3s",
    ),
    (r"\b(each|every|per|by) month of (?:the )?year (?=(?:19|20)\d\d)", r"\1 month of "),
    (r"\ball years(?: pooled| together| combined| taken together)\b", "all time"),
    (r"\b(fy20\d\dto20\d\d) (?:from )?april to march\b", r"\1"),
    (
        rf"\b((?:by|per|each|every|for each) {_UNIT}|monthly|weekly|daily) from (?=(?:january|february|march|april|may|june|july|august|september|october|november|december)(?: ?$| ,))",
        r"\1 since ",
    ),
    (
        r"\b(?:with|alongside|next to|beside|against) (?:the |that of the )?same (?:day|week|month|quarter|period|days|time|months|weeks)s? (?:(?:a|1|one) year (?:earlier|before|ago|prior)|(?:of |in )?(?:last|the previous|the prior) year)\b",
        "vs same period last year",
    ),
    (
        r"\b(?:ahead of|behind|better than|worse than) (?=(?:the )?(?:same (?:period|time|month|week|quarter|day)|last (?:week|month|quarter|year)|previous|prior|(?:day|week|month|quarter|year) before)\b)",
        "up vs ",
    ),
    (r"\bas against\b|\bas opposed to\b|\bset against\b", "vs"),
    (
        # `weekend orders vs weekday orders`: the noun is both's.
        r"\b(weekend|weekday|new|returning|repeat|existing|guest|@x\d+) (orders|sales|revenue|turnover|spend)"
        r" (vs|and|or|than|against|compared to|compared with) (weekend|weekday|new|returning|repeat|existing|guest) \2\b",
        r"\1 \3 \4 \2",
    ),
    (
        r"\b(weekend|weekday) (vs|and|or|against|compared to|compared with) (weekend|weekday) (?=orders|sales|revenue|turnover)",
        "by weekendsplit ",
    ),
    (rf"\b(up|down|ahead|better|worse) (?:on|from) (?={_MONTH}|q[1-4])", r"\1 vs "),
    (rf"\bthis {_UNIT} and last(?: \1)?\b(?! (?:week|month|quarter|year))", r"this \1 vs last \1"),
    (rf"\ball of (this|last) {_UNIT}\b", r"\1 \2"),
    (
        rf"\bhow much {_DID} {_WE} (?:sell|make|take|earn|turn over) (?:per|a|each) day on average\b"
        r"|\b(?:daily |sales )run rate\b",
        "average daily sales",
    ),
    (
        rf"\bwhen during the day {_DID} (?:we|people|customers) (?:sell|order|buy|shop)\b",
        "orders by hour of the day",
    ),
    (r"\bhourly (orders|sales|revenue|turnover|aov)\b", r"\1 by hour of the day"),
    (
        r"\bdistribution of (orders|sales|revenue) (?:over|across|throughout|during) the day\b"
        r"|\b(orders|sales|revenue) (?:over|throughout|over the course of) (?:the|a) day\b",
        r"\1\2 by hour of the day",
    ),
    (r"\bweekday (orders|sales|revenue) patterns?\b", r"\1 by weekday"),
    (r"\b(orders|sales|revenue) (?:from )?monday (?:to|through) sunday\b", r"\1 by weekday"),
    (r"\bacross the week (?=by weekday)", ""),
    (r"\bmonthly cohorts\b", "cohorts"),
    (
        rf"\bon average how much {_DID} {_WE} (?:sell|make|take|earn) (?:per|a|each) day\b",
        "average daily sales",
    ),
    (
        rf"\b{_MONEY} (?:per|a|each) day (.{{1,40}}?) on average\b",
        r"average daily sales \1",
    ),
    (
        rf"\bthe {_UNIT} (?:just gone|that (?:just|has just) ended|just ended|just finished|just past)\b",
        r"last \1",
    ),
    (rf"\bthe {_UNIT} before this(?: one)?\b", r"last \1"),
    (r"\bthe weekend (?:just gone|just past|that was)\b", "last weekend"),
    (r"\b(\d+) (days|weeks|months) to date\b", r"last \1 \2"),
    (
        r"\b(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday),? (?:the )?"
        r"(?=\d{1,2} (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
        "on ",
    ),
    (
        r"\bthe (black friday|cyber monday|christmas|easter|halloween) before\b(?! last)"
        r"|\b(?:the )?previous (black friday|cyber monday|christmas|easter|halloween)\b",
        r"last year \1\2",
    ),
    (r"\b(?:the )?same (\d+) (days|weeks|months) (?:of |in )?last year\b", "same period last year"),
    (
        rf"\b(?:against|vs|compared (?:to|with)|over) the (?:(?:previous|prior) )?\d+(?: {_UNIT}s)? (?:before|earlier|prior)(?: (?:that|it|those))?\b",
        "vs previous period",
    ),
    (r"\band how (?:it|that|this) compares? (?:with|to|against)\b", "vs"),
    (
        rf"\bthis {_UNIT} over (?:the )?(?:last|previous|prior) \1\b",
        r"this \1 vs last \1",
    ),
    (
        rf"\b((?:last|this) {_UNIT}) over (?=the same|the (?:\w+ )?(?:before|prior)\b)",
        r"\1 vs ",
    ),
    (
        r"\bthe (first|second|third|fourth) quarter (vs|against|compared to|compared with|than) the (first|second|third|fourth)(?: (?:one|quarter))?(?= |$)",
        r"the \1 quarter \2 the \3 quarter",
    ),
    (
        rf"\b(?:broken (?:down )?into|split into|cut into|in) {_UNIT}s\b(?= |$)",
        r"by \1",
    ),
    (r"\b(?:by|per|for each|each|for every) (?:calendar )?dates?\b", "by day"),
)

_OF_ROWS: tuple[tuple[str, str], ...] = (
    (
        rf"(?<!by )(?<!per )(?<!each )(?<!every )(?<!which )(?<!what )(?<!top )(?<!best )(?<!\d )(?<!the )(?<!our )\b({_SIDE}) (?:by|against|vs|x|and) ({_SIDES})(?= (?:heat ?map|grid|matrix|table|chart|crosstab|pivot|map)\b| *$| ?,| of | for )(?!.* (?:by|per) )",
        r"by \1 by \2",
    ),
    (
        r"^how (?:do|does|did|are|is|was|were) (?:our |the |my )?(.{3,30}?) (?:spread|split|distribute|distributed|fall|vary|differ|change)(?: out| up)? (?:over|across|between|among|by|through) (?:the |our |different )*(days of the week|weekdays|hours of the day|hours|countries|categories|channels|payment methods)\b",
        r"\1 by \2",
    ),
    (r"\bhourly (?=(?:distribution|breakdown|split|pattern|profile) )", "hour "),
    (r"^(.*)\bhour (?:distribution|pattern|profile) of (.{3,60})$", r"\1\2 by hour of the day"),
    (
        r"\bin which countr(?:y|ies) (?:have we|we have|did we|do we|we) (?:sold|sell)\b",
        "sales by country",
    ),
    (
        r"\b(?:of |for |from |between )?guests?(?: customers?| checkouts?)? (?:vs|and|or|against|than|compared (?:to|with)) (?:of |for |from |by )?(?:the )?(?:new|returning|repeat|existing)(?: customers?| ones)?(?= *$| (?:last|this|in|by|over|since|for))"
        r"|\b(?:of |for |from |between )?(?:new|returning|repeat|existing)(?: customers?)? (?:vs|and|or|against|than|compared (?:to|with)) (?:of |for |from |by )?(?:the )?guests?(?: customers?| checkouts?| ones)?(?= *$| (?:last|this|in|by|over|since|for))",
        "by customer type",
    ),
    (rf"\b({_MONEY}) geographically\b", r"\1 by country"),
    (rf"(?<!@x\d )(?<!\w )\bcategory ({_MONEY}|orders|refunds)\b", r"\1 by category"),
    (
        r"\bhow (?:do|did) (?:our |the )?(categories|countries|channels|weekdays|products|payment methods|currencies|markets)"
        r" compare (?:in|by|on|for|in terms of) (\w+)\b",
        r"\2 by \1",
    ),
    (r"\bper customer types?\b", "by customer type"),
    (
        r"\b(?:by|split by|split into|split between|broken down by) new (?:(?:vs|and|or) )?returning(?: customers)?\b(?! ?,)",
        "by customer type",
    ),
    (
        r"\bhow are (?:our |the )?(?:customers|people|buyers) paying\b|\bpayment (?:methods|types) used\b"
        r"|\bwhich payment methods (?:do|did) (?:customers|people|buyers) use\b(?! (?:the )?most)|\bpayment mix\b",
        "orders by payment method",
    ),
    (r"\bmeans of payment\b", "payment method"),
    (
        r"(?:\bwhich )?\b(?:favou?rite|preferred|most (?:common|popular|used|frequently used)) (?:payment (?:method|type|option)|way to pay)\b"
        r"|\bwhich payment (?:method|type|option) (?:do|did|does) (?:our |the |most )*(?:customers|people|buyers) (?:use|prefer|pay with)(?: (?:the )?most(?: often)?)?\b"
        r"|\bhow (?:do|did) most (?:people|customers|buyers) pay\b",
        "payment method with the most orders",
    ),
    (
        r"\b(?:on |at |during )?(?:the )?(?:weekends?|weekdays) (?:vs|against|compared (?:to|with)|and) (?:on |during )?(?:the )?(?:weekends?|weekdays?)\b"
        r"|\b(?:weekend weekday|weekday weekend)(?= (?:split|breakdown))",
        "by weekendsplit",
    ),
    (
        rf"\bhow (?:often|many times) (?:was|were|is|has|did) each {CODES}(?: been| get)? (?:used|redeemed|applied)\b",
        "coupon uses by code",
    ),
    (
        rf"\bwith (?:an? )?(?:{CODES}|discount) (?:vs|compared (?:to|with)|against) (?:the )?(?:those |ones |orders )?without(?: one| any| it)?\b",
        "with vs without coupon",
    ),
    (
        r"\bwhat (?:gets|is|was|got) (?:returned|refunded|sent back) (?:the )?most(?: often)?\b"
        rf"|\b(?:which|what) {GOODS} (?:come|came|are sent|get sent|went) back (?:the )?most(?: often)?\b"
        r"|\bwhat (?:do|did) (?:people|customers|buyers) (?:send back|return|give back) (?:the )?most\b",
        "most returned products",
    ),
    (
        r"\bwhere are (?:our |the |my )?(?:customers|buyers)\b(?! (?:come|coming|from (?!\w*day|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|q[1-4]|last|this|\d|the)|located|based|live|living|buying|ordering|going|who|that))",
        "customers by country",
    ),
)

_OF_RANKS: tuple[tuple[str, str], ...] = (
    (
        r"^((?:which|what) (?:country|category|product|channel|market|weekday|day|month|week|hour|coupon|code|payment method)(?: \w+){1,3}?) (?:the )?more (?=(?:money|revenue|sales|orders|units|refunds)\b)(?!.*\bthan\b)",
        r"\1 most ",
    ),
    (
        rf"\b(?:which|what) (\d+) (@x\d+|{GOODS}) (?:have |has )?(?:sold|sell|shifted) (?:the )?(most|best|least|worst|fewest)(?: (?:pieces|units|items|copies))?\b",
        r"\1 \3 selling \2",
    ),
    (
        r"^(?:the |our )?(best|most|least|worst)\b(.*?)(?: ,)? (?:top|bottom) (\d{1,3})$",
        r"\3 \1\2",
    ),
    (
        r"^(?:what|which(?: products| items)?) (?:sold|sells|is selling|are selling|sell) (?:the )?(best|worst|most|least)\b(.*?)(?: ,)? (?:just |only |the )?(\d{1,2}) (?:items|products|ones|of them)$",
        r"\3 \1 selling products \2",
    ),
    (
        r"\bwhich (\d+) (\w+) (?:are|were) (?:the |our )?(quietest|busiest|best|worst|strongest|weakest|slowest|biggest|smallest)\b",
        r"\3 \1 \2",
    ),
    (
        r"\b(countries|markets|categories|products|months|weeks|days) where we (?:sold|made|took|earned) (less than|more than|over|under|at least|at most) (\d[\d.]*)(?: ¤)?",
        r"\1 with \2 \3 revenue",
    ),
    (
        r"\b(\d+) last (products|items|countries|categories) (?:in|by|for) (sales|revenue|orders|turnover)\b",
        r"bottom \1 \2 by \3",
    ),
    (
        rf"\b(?:the )?(?:(\d+) )?{GOODS} (?:that|which) (?:brought in|brought us|made|made us|earned|earned us|bring in|make) (?:the )?most(?: money| revenue)?\b",
        r"top \1 products by revenue",
    ),
    (
        rf"\b(?:the )?(?:(\d+) )?{GOODS} (?:that|which) (?:brought in|brought us|made|made us|earned|earned us|bring in|make) (?:the )?least(?: money| revenue)?\b",
        r"bottom \1 products by revenue",
    ),
    (
        r"\bfirst (\d+) (products|items|countries|categories|customers|coupons) by\b",
        r"top \1 \2 by",
    ),
    (
        r"\b(coupons?|codes?|categor(?:y|ies)|countr(?:y|ies)|markets?|channels?) (?:that|which) (?:brought (?:in|us)|made|earned|bring in|make|makes|brings in|earns?)(?: us)? (?:the )?(most|least)(?: money| revenue| sales)?\b",
        r"\1 with the \2 revenue",
    ),
    (r"\b(?:(\d+) )?(?:biggest|top|highest|best) earners\b", r"top \1 products by revenue"),
    (r"\b(?:biggest|top|highest|best) earner\b", "best product by revenue"),
    (
        r"\btop (\d+) sellers\b|\btop (\d+) by (?:quantity|units|pieces|units sold|quantity sold|volume)(?: sold)?\b(?! (?:sold|per|by|of|from|each|in each)\b)"
        rf"|\b(?:the )?(\d+) {GOODS} (?:that |which )?we sold (?:the )?most of\b",
        r"\1\2\3 best selling products",
    ),
    (r"\b(\d+) bottom sellers\b|\bbottom (\d+) sellers\b", r"\1\2 worst selling products"),
    (rf"\bnumber 1 (?:seller|selling (?:{GOODS}))\b", "best selling product"),
    (
        r"\bnumber 1 (?=(?:market|category|product|country|coupon|code|customer|channel|day|month)\b)",
        "top ",
    ),
    (
        r"\b(?:in which country|where) did we sell (?:the )?most\b|\bwhere (?:do|did) most (?:of (?:the |our )?)?sales come from\b",
        "country with the highest revenue",
    ),
    (
        r"\bwhere (?:do|did) (?:the )?most (?:of (?:the |our )?)?orders come from\b",
        "country with the most orders",
    ),
    (
        r"\b(?:highest|best|biggest|top) grossing (day|week|month|quarter|year)\b",
        r"best \1 by sales",
    ),
    (r"\b(?:lowest|worst|smallest) grossing (day|week|month|quarter|year)\b", r"worst \1 by sales"),
    (r"\bwhich date\b", "which day"),
    (
        r"\b(?:the )?(\d+) (days|weeks|months) with the (?:highest|most|best) (\w+)\b",
        r"top \1 \2 by \3",
    ),
    (
        r"\b(?:the )?(\d+) (days|weeks|months) with the (?:lowest|least|fewest) (\w+)\b",
        r"worst \1 \2 by \3",
    ),
    (r"\b(?:highest|biggest|top) orders? (day|week|month)\b", r"\1 with the most orders"),
)

_OF_CLASSES: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:attributed|attributable|generated|associated|resulting|reali[sz]ed|booked) (?=(?:net |gross |total )?(?:revenue|sales|turnover|orders|spend)\b)",
        "",
    ),
    (rf"\bfree (?:shipping|delivery|postage) (?={CODES}\b|@x)", ""),
    (
        r"(?<!by )(?<!per )\b((?:net |gross )?(?:sales|revenue|orders|turnover|aov|units)) (new|returning|repeat|guest) customers\b(?! (?:and|vs|or|,))",
        r"\1 from \2 customers",
    ),
    (r"^(@x\d+) , (?=(?:uses|redemptions|usage)\b)", r"\1 "),
    (
        r"\b(?:country|channel|category|coupon|payment method|sku|product) (?:=|equals) (?=@x)",
        "for ",
    ),
    (r"(@x\d+) market share of (?=sales|revenue)", r"\1 share of "),
    (
        rf"\bwith (?:an? )?(?:{CODES}|discount) (?:vs|or|and) without(?: (?:an? |any )?(?:{CODES}|discounts?|one|it))?(?= *$| ,| ~| (?:last|this|in|by|over|since|for|previous|past|prior|during|from|between|on|at|ytd|mtd|today|yesterday|the|so|trailing|rolling|within|q[1-4])\b)"
        rf"|\bwith (?:and|vs|or) without (?:an? |any )?(?:{CODES}|discounts?)(?= *$| ,| ~| (?:last|this|in|by|over|since|for|previous|past|prior|during|from|between|on|at|ytd|mtd|today|yesterday|the|so|trailing|rolling|within|q[1-4])\b)",
        "by couponsplit",
    ),
    (
        r"\b(?:ex|beyond|bar|barring|save for|elsewhere than|anywhere (?:except|but)"
        r"|(?:in |from |of )?(?:all|every) (?:countr(?:y|ies)|categor(?:y|ies)|channels?|products?|payment methods?|markets?) (?:but|except|bar)"
        r"|(?:by |of |on |from |with )?(?:everything|anything|everywhere|anywhere|all) (?:but|except|bar)(?: for| in| from)?) (@x)",
        r"except \1",
    ),
    (
        r"(?<!did )(?<!have )(?<!has )\bnot (?:paid )?(?:with|via|by|through|using) (@x)",
        r"except \1",
    ),
    (r"\bin either (@x\d+) or (@x\d+)", r"in \1 and \2"),
    (
        rf"\b(from|by|of) {PEOPLE} (?:who|that) (?:had |have )?(?:already )?(?:bought|ordered) (?:from us )?before\b",
        r"\1 returning customers",
    ),
    (r"\brepeat business(?= (?:sales|revenue|orders))", "returning customers"),
    (
        rf"\borders (?:placed |made )?(?:as (?:an? )?guests?|without (?:an )?account|(?:of|by|from) (?:unregistered|not registered) {PEOPLE})\b"
        rf"|\b(?:how many|number of) {PEOPLE} (?:who )?checked out as (?:an? )?guests?\b",
        "guest orders",
    ),
    (
        r"\b(from|of|for|in) (?:full price|undiscounted|non discounted|not discounted) orders\b",
        r"\1 orders without a coupon",
    ),
    (
        r"(?<!vs )(?<!or )(?<!and )(?<!than )(?<!to )(?<!with )(?<!against )\bnon (?:coupon|discount|code|voucher) (sales|revenue|orders|turnover)\b(?! (?:vs|and|or))",
        r"\1 without a coupon",
    ),
    (r"\bhow many uses did (@x\d+) get\b", r"\1 uses"),
    (
        r"\bhow many (@x\d+) (?:have|did|do) we (?:shift|shifted|offload\w*|flog|flogged|get rid of|move|moved|clear|cleared)\b",
        r"how many \1 did we sell",
    ),
    (r"\b(?:how many |number of )?cancell?ations\b(?! (?:rate|reason|polic))", "cancelled orders"),
    (
        rf"\borders (?:(?:did|have|that|our|the) )*{PEOPLE} cancel(?:led)?\b",
        "orders were cancelled",
    ),
    (r"\borders (?:being held|held)\b|\bheld orders\b", "orders on hold"),
    (
        r"\borders whose payments? (?:has |have )?failed\b|\bpayments (?:that |which |have |has )*failed\b",
        "failed orders",
    ),
    (r"\brates? for products in (@x)", r"rate by product in \1"),
    (
        r"\b(?:biggest|most common|largest|most frequent|top|main) order (?:size|value) (?:bucket|band|range)\b",
        "order value bucket with the most orders",
    ),
)

_AMOUNT = r"(\d[\d.]*(?: ¤)?)"
_OF_LIMITS: tuple[tuple[str, str], ...] = (
    (
        rf"\b(?:which|what)(?: of (?:our|the))? ({CODES}) (?:(?:that|have|has|had|was|were|are|is|been|got|get) )+(?:used|redeemed|applied) (?=(?:(?:more|fewer|less) than|over|above|under|below|at least|at most) \d+ times?\b)",
        r"\1 used ",
    ),
    (
        r"\b((?:before|after|until|till|by|at|from|past|since|to|and|than|around) \d\d?)(?: oclock| o clock)? in the mornings?\b",
        r"\1 am",
    ),
    (r"\bin the (?=stock(?: ?$| ,))", "in "),
    (
        r"\b(orders?|baskets?|purchases|sales) (?:north of|in excess of|topping|surpassing) (?=\d)",
        r"\1 over ",
    ),
    (r"\b(orders?|baskets?|purchases|sales) (?:beneath|south of|short of) (?=\d)", r"\1 under "),
    (
        r"\b(orders?|baskets?|purchases) where (?:the |their )?(?:total|value|amount) (?:is |was )?(?=[<>=\\d]|over|above|more|under|below|less|at )",
        r"\1 with a total ",
    ),
    (
        rf"\b(orders?|baskets?|purchases) (?:from|starting (?:at|from)) {_AMOUNT} (?:up|upwards?|and up|onwards?)\b"
        rf"|\b(orders?|baskets?|purchases) starting (?:at|from) {_AMOUNT}(?! )",
        r"\1\3 of at least \2\4",
    ),
    (
        r"\b(orders?|baskets?|purchases) (?:ranging from|in the(?: range(?: of)?)?|of|range)? ?(\d+)(?: ¤)? ?(?:to|-) ?(\d+) ¤(?: range)?(?= |$)",
        r"\1 between \2 and \3 ¤",
    ),
    (
        rf"\b(orders?|baskets?|purchases) ranging from {_AMOUNT} to ",
        r"\1 between \2 and ",
    ),
    (r"\b(orders?|baskets?|purchases) (\d+) ¤ ?- ?(\d+)\b", r"\1 between \2 and \3 ¤"),
)

_OF_OTHERS: tuple[tuple[str, str | Callable[[Match[str]], str]], ...] = (
    (r"\bin average\b", "on average"),
    (r"\b(since [a-z0-9 ]{3,30}?) (?:until|till|til|up to|up until) (?:now|today)\b", r"\1"),
    (
        r"\b(do|did|have) not (?:come|came) back (?:since|for|in) (?:one|a|1) (week|month|year)\b",
        r"\1 not ordered in 1 \2",
    ),
    (
        r"^ ?(?:is|was|are|were) (@x\d+) (?:used|redeemed|applied) (?:more|most|mostly|rather)(?: often)? by (?:the )?(?:new|returning|guest)s?(?: customers| ones)? or (?:by )?(?:the )?(?:new|returning|guest)s?(?: customers| ones)?\b",
        r"orders with \1 by customer type",
    ),
    (
        r"\bhow many (product|customer|item|coupon|piece|unit|category|country)\b(?! (?:types?|codes?|uses|groups?|lines?))",
        lambda m: f"how many {m[1][:-1]}ies" if m[1][-1] == "y" else f"how many {m[1]}s",
    ),
    (r"\bhow much (orders|customers|products|units|pieces|items)\b", r"how many \1"),
    (r"\bhow many (time|money)\b", r"how much \1"),
    (
        r"^(?!.* (?:or|vs) )(.*\b(?:which|what|in which)\b.*\b(?:sell|sells|sold|buy|buys|bought|order|ordered|orders|spend|spent|use|used|earn|make|made)) (?:the )?(more|less)(?= *$)",
        lambda m: f"{m[1]} {'most' if m[2] == 'more' else 'least'}",
    ),
    (
        r"\b(?:what|which) (product|products|category|item|items)(?: (?:do|did|does))? (?:the |our )?(?:people|customers) (?:return|returned|send back|sent back) (?:the )?(?:more|most)\b",
        r"which \1 was refunded most",
    ),
    (
        r"\bwhich (?:is|was|are|were) the (product|category|country|coupon|code|item|month|day|week|weekday)s? (?:where|that|which|in which|with which)\b",
        r"which \1",
    ),
    (
        r"\bsame (month|period|week|quarter|days|time) (?:of|in) the (?:past|previous|last) year\b",
        r"same \1 last year",
    ),
    (
        r"\bfor (day|week|month)(?= (?:in|during|of|over) (?:the )?(?:last|past|this|20\d\d))",
        r"per \1",
    ),
    (
        r"\bwhat (?:did|do|does|have|has) (?=(?:the |our |my )?customers(?: (?:from|in) (?:the )?@x\d+)? (?:spend|spent)\b)",
        "how much did ",
    ),
    (
        r"\bwhat does (?:a|an|the|our) (?:typical|average) customer (?:spend|bring(?: in)?|buy for)\b(?! (?:per|each|every|on an|in an?) (?:order|time|purchase))",
        "revenue per customer",
    ),
    (
        r"\b(?:was |were |is )?(?:taken off|knocked off|given away|discounted)(?: (?:by|with|through|via|in) (?:our |the )?(?:coupons|codes|discounts))?(.{0,30}?) ,? ?as (?:an? )?(?:percent|percentage|share|proportion) of (?:our |the )?(?:gross )?sales\b",
        r"discount rate \1",
    ),
    (
        r"\bhow many (?:customers |people |of them )?(?:have |has )?returned for (?:a|their) (?:second|2nd|2) (?:purchase|order|time)\b",
        "how many customers have come back for a second order",
    ),
    (
        r"\b(?:make|made|take|took|taken|earn|earned|get|got) (?:on average )?(?:per|for each|from each|for every) (?:customer|head|person)\b",
        "make revenue per customer",
    ),
    (
        r"\bby (new|returning|guest)(?: customers| ones)? or by (?:the )?(new|returning|guest)(?: (?:customers|ones))?\b",
        r"by \1 or \2 customers",
    ),
    (
        r"\b(?:that |which )?(?:are |is |were |get |got )?(bought|ordered|purchased|sold) (?:most |more |usually |often |most often |most commonly |commonly )(?:often )?together(?: with)?\b",
        "bought together with",
    ),
    (
        r"^ ?((?:refund|return) rates?|refunds|units|revenue|sales|items sold|sell through) (?:of )?products (?=@x|last|this|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4]|20\d\d|ytd)",
        r"\1 by product of ",
    ),
    (
        r"\b(?:taking |with |over |across |for )?all (?:the |our )?years (?:together|pooled|combined|taken together|summed up|added up|in one)\b",
        "all time",
    ),
    (
        r"\b(?:and|but)(?: (?:also|still|has|have|who))* (?:bought|ordered|purchased|shopped)(?: (?:something|anything|again|once|at least once|with us))? (?:in|within|during) the (?:last|past) (\d+) days\b",
        r"whose last order was less than \1 days ago",
    ),
    (
        r"\bhow much is (?:on average )?(?:one|an?|the) (?:average )?order(?: on average)?\b|\bhow much is on average (?:one|an?|1) order\b",
        "average order value",
    ),
    (
        r"\b(?:the )?(?:customers?|buyers?|clients?|people|ones)((?: (?:from|of|in) @x\d+)?),? ?(?:who|that|which|when they|if they) (?:are|is|were) (new|returning)\b",
        r"\2 customers\1",
    ),
    (r" ,? ?(?:when|if|while) they (?:are|were) (new|returning)\b", r" from \1 customers"),
    (
        r"\b(number|count|quantity) of (?:the )?(customer|client|buyer|product|item|unit|piece|refund|cancellation)\b(?! (?:type|segment))",
        r"\1 of \2s",
    ),
    (r"\bcustomers? which\b", "customers who"),
    (
        r"\b(day|week|month|quarter|year|weekday|hour|product|category|country|coupon) (with|having|what has|that has|which has) more (orders|sales|revenue|customers|units|refunds)(?! than)",
        r"\1 \2 the most \3",
    ),
    (
        r"^ ?(?:in|from) (?:the )?(@x\d+) (?:and|or) (?:in |from )?(?:the )?(@x\d+) ,? ?(?:who|where|which(?: one| country)?) (?:do |does |did )?(?=buy|buys|bought|order|orders|ordered|spend|spends|spent|sell|sells|sold|brings?|brought)",
        r"\1 vs \2 ",
    ),
    (r"\b(new|returning|guest) customers only\b", r"only \1 customers"),
    (r"\bno (?=@x\d)", "without "),
    (r"^ ?between (.{3,60}?) , which(?: one)?(?: of (?:them|the two|the 2))? ", r"compare \1 , "),
    (
        r"\b(which|what) of (?:the|our|my) \d+ (?=products|coupons|codes|categories|countries|channels)",
        r"\1 of our ",
    ),
    (r"\bsells? (more|most|less|fewest|fewer) (pieces|units|items)\b", r"sold \1 units"),
    (
        r"\bwhat (?:is|was|are|were) the (product|category|country|coupon|code|item|month|day|week)(?: (?:that|which|what))(?: (?:is|was|has|had))?\b",
        r"which \1",
    ),
    (
        r"\b(products|items|articles|categories|things) (?:less|least) (sold|bought|ordered)\b",
        r"least \2 \1",
    ),
    (
        r"\b(products|items|articles|categories|things) (?:more|most) (sold|bought|ordered)\b",
        r"most \2 \1",
    ),
    (
        r"^(.*)\b(?:stock|inventory)\b(.*) ,? ?(?:and )?how much (?:value|worth)\b.*$",
        r"\1inventory value\2",
    ),
    (
        r"\b(percent|percentage|share|proportion|part) of (?:our |the )?(customers|buyers|people) (?:is|are) (?:a )?(?:returning|repeat)(?: (?:ones?|customers?))?\b",
        r"repeat customer rate",
    ),
    (
        r"\bdo (?:our |the )?(new|returning|repeat) customers (?:spend|pay|buy) (?:more|less)(?: money)?(?: per order| in an order| each time| on average)? than (?:the )?(new|returning|repeat|existing|old)(?: (?:ones?|customers|buyers))?\b",
        "average order value by customer type",
    ),
    (
        r"\b(orders|customers|products|items|people|clients|ones)((?: (?:from|in|of|to) @x\d+)?) what (are|is|have|has|had|was|were|cost|do|does|did|bought)\b",
        r"\1\2 that \3",
    ),
    (
        r"\b((?:pending|failed|cancelled|canceled|completed|refunded|processing|new|paid|unpaid|on hold) )?(?<!by )(?<!per )orders (?:number|quantity|count)(?= *$| (?:last|this|in|by|per|for|from|today|yesterday|since|ytd|~|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
        lambda m: f"number of {m[1] or ''}orders",
    ),
    (r"\b(?:in|on) the ((?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b", r"on \1"),
    (
        r"\bon ((?:mon|tues|wednes|thurs|fri|satur|sun)day)s? or (?:on )?((?:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b(?=.*\b(?:better|more|most|best|higher|busier|less|fewer|worse)\b)",
        r"\1 vs \2",
    ),
    (
        r"\b(buy|buying|bought|purchase|purchased|order|ordered|ordering|sold|goes|go|going)(?: (?:most|mostly|usually|often|commonly))? (?:along|together|alongside|in combination)(?: (?:with|of))? (?=(?:the |a |an |our )?@x)",
        "bought together with ",
    ),
    (
        r"^ ?(?:so )?what (?:do|did|does|are|were|have) (?:our |the |my )?(?:customers|people|buyers|shoppers)(?: (?:from|in|of) (@x\d+))?(?: (?:usually|mostly|typically|normally|generally|often|like to|tend to|prefer to|mainly))* (?:buy|buying|order|ordering|purchase|bought|ordered|go for|choose)(?: (?:the )?most(?: often)?)?(?= ?$| ,(?! top)| (?:top(?! \d+ (?:categ|countr))|last|this|in|over|during|since|~))",
        lambda m: f"most popular products{' in ' + m[1] if m[1] else ''}",
    ),
    (
        r"\b(?:do|did) (new|returning|repeat|guest) (?:customers|buyers|shoppers|people) (?:use|redeem|apply) (?:coupons?|codes?|discounts?|vouchers?|coupon codes?|discount codes?)(?: (?:more|less)(?: (?:often|frequently))?)? than (?:the )?(new|returning|repeat|existing|guest)(?: (?:customers|buyers|ones|shoppers))?(?: do| did)?\b",
        "share of orders with coupon by customer type",
    ),
    (
        r"\b(orders?) (?:that )?(?:we|i) (?:have )?(?:had|have|got|get|received|took) (?=(?:with|using|from|by|in|over|under|above|below)\b)",
        r"\1 ",
    ),
    (
        r"\b(?:are|were|did|do|have) (?:we|i) (?:make|making|made|take|taking|taken|earn|earning|earned|getting|get) (?:more|less) (?:per|for each|for every|on each|on every|an) order than\b",
        "average order value vs",
    ),
    (
        r"\b(?:a |the )?day of the week (?:where|on which|when) (?:hardly|almost no|barely) ?(?:anybody|anyone|any one|one) (?:orders?|buys?|shops?)\b",
        "weekday with the fewest orders",
    ),
    (r"\bday of the week with the\b", "weekday with the"),
    (
        r"\b(?:are|were|is|was|did|do|have|has)? ?(?:we|i) (?:(?:make|making|made|take|taking|took|earn|earning|earned|getting|get) )(?:more |less |any more |as much )?(?:per|for each|for every|on each|on every|an) order\b",
        "average order value",
    ),
    (
        r"\b(?:did|has|have|does|do) (?:anyone|anybody|someone|any (?:customers?|people)) (?:return|returned|sen[dt] back|bring back|brought back) (?=the |any |our |an? |@x)",
        "refunds of ",
    ),
    (r"\b(?:lose|losing) (?:on|through|with) (?:returns|refunds)\b", "refund"),
    (
        r"\bwhat is (?:sitting|lying|left|stored|kept) in (?:the |our |my )?(?:warehouse|storeroom|stock ?room|back room|garage|shed|shelves)\b",
        "what is in stock",
    ),
    (
        r"\b(?:sitting|lying|stored|kept|left) (?:in|on) (?:the |our |my )(?:warehouse|storeroom|stock ?room|back room|shel(?:f|ves))\b",
        "in stock",
    ),
    (r"\bhow is trade(?: going| doing)?\b", "how are sales"),
    (
        r"\b(?:the |our )?(busiest|quietest) times?(?! of (?:the )?year)(?= (?:on|of)\b| *$| ~)",
        r"\1 hours of the day",
    ),
    (
        r"\b(more|fewer|less) (?:customers|people) (?:come|came|coming|comes) back\b(?! within| after| in \d)",
        r"\1 returning customers",
    ),
    (
        r"\bthe (less|more)(?: of(?: the)?)? (?=money|sales|orders?|revenue|customers|new|returning|units|pieces|refunds|stock)",
        lambda m: "the least " if m[1] == "less" else "the most ",
    ),
    (r"\b(?:the )?(?:most|more) (big|large|high)\b", "the highest"),
    (r"\b(?:the )?(?:most|more) (small|low)\b", "the lowest"),
    (r"\bthe average of (?:the )?order\b", "average order value"),
    (
        r"\bwho spends? (?:the )?(?:more|less|most|least)(?: money)? per order\b",
        "average order value",
    ),
    (
        r"\b(?:have|has|had|place|places) (?:the )?(?:bigger|larger|smaller|biggest|largest|smallest) (?:orders|baskets)\b(?=.*\bon average\b)",
        "average order value",
    ),
    (r"\b(?:arrive|arrives|arrived) (?=(?:the )?(?:most|least|more|our|new|returning)\b)", "come "),
    (
        r"\b(?:the )?(?:part|share|portion|weight|proportion) of (?:the |our )?(?:new|returning|guest|repeat) customers in (?:the |our )?(revenue|sales|turnover)\b",
        r"\1 by customer type",
    ),
    (
        r"\bhow (?:much|many) percent(?:age)? (?:did |have |has )?(?:the |our )?(sales|revenue|orders|turnover) (?:go|went|gone|go(?:ne)? up|went up|rise|rose|risen|grow|grew|grown|increased?|fell|fall|dropped|go down|went down|decreased?)(?: up| down)? (?:from|between) ([a-z]+) (?:to|and|till|until) ([a-z]+)\b",
        r"\1 \3 vs \2",
    ),
    (
        r"\b(?:where|on which|when) (?:hardly|almost no|barely) ?(?:anybody|anyone|any one|one) (?:orders?|buys?|shops?)\b",
        "with the fewest orders",
    ),
    (rf"\b({CODES}) (?:are|is|were|was) (?:the )?most popular\b", r"\1 used most"),
    (
        r"\bhow much (?:per|a|each) day (?:did|do|have|has) (?:we|i|the (?:shop|store)) (?:sell|make|take|earn|sold|made|taken)(?: on average)?\b",
        "average daily sales",
    ),
    (
        r"\b(?:where|with|whose|when) (?:the |a |their )?(?:stock|inventory)(?: level)? (?:is |of |at |equals |= |stands at )+(?:0|zero|none|nil)\b",
        "out of stock",
    ),
    (
        r"\b(?:for )?how (many days|many weeks|long) (?:is|are|will) (?:enough )?(?:the |our )?(?:stock|inventory) of (?:the |our )?(@x\d+)(?: (?:be )?(?:enough|sufficient|suffice))?(?= |$)",
        r"how \1 will \2 stock last",
    ),
    (
        r"\b(?:that |which )?(?:have |has |had )?(?:sold|moved|shifted|made|earned|brought in) (?:nothing|none|zilch|nil|not a single (?:one|unit|piece|thing))\b",
        "without sales",
    ),
    (
        r"\bat (\d\d?) ?(am|pm|oclock) (?:or|and) (?:later|after|onwards?|beyond)\b",
        r"after \1 \2",
    ),
    (
        r"\bat (\d\d?) ?(am|pm|oclock) (?:or|and) (?:earlier|before|sooner)\b",
        r"before \1 \2",
    ),
    (
        r"^((?:(?:show|list|me|the|which|what|all|our) )*)(days?|weeks?|months?|products?|countries|categories|codes|coupons) ((?:this|last|in|during|over|since) [^~@]{3,25}?) (with|having|that had|where|that made|that sold) ((?:more|fewer|less|at least|over|under|above|below|at most) .+)$",
        r"\1\2 \4 \5 \3",
    ),
    (
        r"\bacross (?=(?:at least|more than|over|fewer than|\d) ?\d* ?(?:orders|purchases))",
        "and with ",
    ),
    (
        rf"\bhow much (?:delivery|shipping|postage|freight)(?: money| fees| charges)? {_DID} {_WE} (?:charged?|collect(?:ed)?|t(?:ake|ook)|bill(?:ed)?|g[eo]t|earn(?:ed)?)(?: {PEOPLE})?(?: for| from)?\b",
        "shipping",
    ),
    (
        r"(@x\d+)(?: ,)? (how often|how many times)(?: (?:was|is|has|been|it|did|people|get|got))* (?:used|redeemed|applied)\b",
        r"\2 was \1 used",
    ),
    (
        r"\b(?:with )?(?:(tax|taxes|vat|gst) (?:and|,|plus) (delivery|shipping|postage)|(?:delivery|shipping|postage) (?:and|,|plus) (?:tax|taxes|vat|gst))(?: fees| charges)? (?:included|on top|added|in it|counted|in|inclusive)(?= *$| ,)",
        "including tax and shipping",
    ),
    (
        r"^((?:(?:show|me|give|see|our|the) )*)(.{3,40}?) (?:and|next to|alongside|against) (.{3,40}?) (?:side by side|head to head|next to each other|next to one another|(?:one|1) next to the other|(?:one|1) beside the other)\b",
        r"\1compare \2 and \3",
    ),
    (
        r"\b(?:spread|distributed|divided|broken down|split|fall)(?: (?:out|up))? (?:over|across|among|between|into|by) (?:the )?(?:order )?(?:value|size|price|basket)s? (?:brackets?|bands?|ranges?|buckets?|classes|groups?|tiers?)\b",
        "by order value bucket",
    ),
    (r"\b(?:than|against|vs|to|with|like) (?:the )?other (?:stores|shops)\b", "than competitors"),
    (r"\bcomma\b", ","),
    (
        r"(@x\d+)(?: [a-z]+)? how many (?:a|per|each) day (?:are|do) we (?:selling|sell)\b",
        r"how many \1 are we selling per day",
    ),
    (r"\baov (?:bands?|buckets?|brackets?|classes|ranges)(?: ,)?", "order value bands"),
    (r" ,? and (?:on )?the same (?:date|day|time|period|month|week) last year\b", " vs last year"),
    (
        r"\bwith orders (?=(?:that (?:are|were) )?(?:bigger|over|above|more|larger|under|below|smaller|less|between)\b)",
        "from orders ",
    ),
    (r"(?<=, )(new|returning|repeat|guest)s? (?:ones )?only\b", r"from \1 customers"),
    (
        r"\btop (\d+) ([a-z]+) no,? (?:make (?:it|that) )?(?:the )?top (\d+)(?: \2)?\b",
        r"top \3 \2",
    ),
    (r"\bfirst (?:buyers|customers|clients|shoppers)\b", "new customers"),
    (r"\b(?:in )?the (week|month|quarter|year) past\b", r"last \1"),
    (
        rf"\b((?:which|what) (?:was|is) the) (day|week|month|quarter|year) the ({BEST}|{WORST})\b",
        r"\1 \3 \2",
    ),
    (r"\bnet gross sales\b", "net sales , gross sales"),
    (r"(?<!average )\bsale of\b", "sales of"),
    (
        rf"\b{PEOPLE} (?:who|that) (?:have |had )?(?:already )?(?:bought|ordered) (?:already |from us )?before\b",
        "returning customers",
    ),
    (r"\bin the weekend\b", "on weekends"),
    (rf"\bfrom {MONTH}(?= *$)", r"since \1"),
    (
        r"\bhow much (?:do|does|did) (?:our |the )?(@x\d+ )?customers? spend each(?: on average)?\b",
        r"revenue per customer \1",
    ),
    (r"\bhow many of (?:those|them|these) were refunded\b", "refunded orders"),
    (r"\bonly (?:on )?weekdays\b", "on weekdays"),
    (r"\bhas coupon (?:= )?false\b", "without a coupon"),
    (r"\bhas coupon (?:= )?true\b", "with a coupon"),
    (
        r"\b(?:amount|sum|value|total)s? of (?:the |our )?(refund|discount)\b",
        lambda m: f"{m[1]} amount",
    ),
    (r"\b(?:delivery|shipping|postage) (?:money|income|takings)\b", "shipping fees"),
    (r"\bthe less (sold|used|ordered|bought|popular)\b", r"the least \1"),
    (
        r"\b(?:the )?(average|mean|median) of (?:the |our |an? )?orders?(?: values?)?\b",
        r"\1 order value",
    ),
    (
        rf"\b(?:for )?how (?:much|many) (?:¤|dollars|euros|pounds|money) (?:have|has|did|do) (?:the |our )?{PEOPLE} (?:of|from|in) (@x\d+) (?:bought|buy|ordered|order|spent|spend)\b",
        r"net sales from \1",
    ),
    (
        r"\btop (?:quintile|fifth)(?: (?:revenue|sales|customer))? concentration\b",
        "customer concentration",
    ),
    (r"^(no|zero|0) sales(?! (?:tax|channel))\b", "products without sales"),
    (r"\bcohort ltv\b(?=.*\bcohort\b)", "ltv"),
    (r"\bagainst the other year\b", "vs last year"),
    (
        r"\b(?:in |over |during )?(?:spring|summer|autumn|fall|winter)( 20\d\d)?,? ((?:[a-z]{3,9}) (?:to|till|until) (?:[a-z]{3,9}))\b(?= |$)(?! 20\d\d)",
        lambda m: f"{m[2]}{m[1] or ''}" if _are_months(m[2]) else m[0],
    ),
    (
        r"\b(20\d\d) ?, (20\d\d) ?,? and (20\d\d)\b",
        lambda m: (
            f"{m[1]} to {m[3]}"
            if int(m[3]) - int(m[1]) == 2 == 2 * (int(m[2]) - int(m[1]))
            else m[0]
        ),
    ),
    (
        r"\bbetween midnight and (\d{1,2})(?::00)?(?: am| in the morning)?\b(?! ?pm)",
        r"before \1 am",
    ),
    (r"\bsat(?: and| ,)? sun\b", "on weekends"),
    (
        r"(?<!each )(?<!every )(?<!per )(?<!by )(?<!a )\bmonth (january|february|march|april|may|june|july|august|september|october|november|december)\b",
        r"\1",
    ),
    (rf"\b(how (?:many|much)) {_PACKED} of (?:the |our )?(@x\d+)", r"\1 \2"),
    (
        r"\b(?:how much|what)(?: money)? (?:have|has|did|do) (?:the )?orders (?:with|using|that used) (?:the )?(?:code |coupon )?(@x\d+)"
        r" (?:bring|brought|make|made|earn|earned|generate|generated)(?: in)?\b",
        r"sales with \1",
    ),
    (
        r"\b(?:how much|what) (?:is|are) (?:our |the |my )?stock of (?:our |the |my )?(@x\d+) worth\b",
        r"inventory value of \1",
    ),
    (
        rf"^((?:[a-z]+ )*?)(?:do|did|does) (?:our |the )?(?:{_CLASS}) (.*?) than (?:our |the )?(?:{_CLASS})(?= |$)",
        r"\1\2 by customer type",
    ),
    (
        r"\bspend (?:more|less) (?:per|on an?|in an?|for an?|each|every) order\b",
        "average order value",
    ),
)


def _kept(found: Match[str]) -> str:
    """Rows that are left out by a limit, as those that are kept."""
    number = found["n1"] or found["n2"]
    turned = _TURNED[found["op"] or found["or"]]
    return f"only {found['row']} with {turned} {number}"


_TURNED = {
    "less than": "at least", "fewer than": "at least", "under": "at least", "below": "at least",
    "at most": "more than", "up to": "more than", "fewer": "more than", "less": "more than",
    "more than": "at most", "over": "at most", "above": "at most",
    "at least": "fewer than", "more": "fewer than",
}  # fmt: skip
_LEFT_OUT: tuple[tuple[str, str | Callable[[Match[str]], str]], ...] = (
    (
        r"\b(?:but |and )?(?:(?:please )?(?:leav(?:e|ing) out|without|exclud(?:e|ing)|skip(?:ping)?|drop(?:ping)?|ignor(?:e|ing)|hid(?:e|ing)|not counting|except(?: for)?)|no) (?:the |all |any |those )*(?P<row>countries|markets|products|categories|codes|coupons|skus)"
        r" (?:with|having|that (?:have|had|got)|which (?:have|had)|where we had) (?:(?P<op>less than|fewer than|under|below|at most|up to|more than|over|above|at least) (?P<n1>\d+)|(?P<n2>\d+) (?:or|and) (?P<or>fewer|less|more))(?= (?:orders|units|items|pieces|uses|sales|refunds))",
        _kept,
    ),
)
"""`leave out countries with 50 or fewer orders`."""

_RULES = (
    *_FRONTED,
    *_SAME_QUARTER,
    *_PAID_FOR,
    *_OF_A_STORY,
    *_NUMBER_WITHIN,
    *_OF_COHORTS,
    *_MONEY_GIVEN,
    *_OF_ORDERS,
    *_OF_PEOPLE,
    *_OF_RANKS,
    *_OF_GOODS,
    *_OF_TIME,
    *_OF_ROWS,
    *_OF_CLASSES,
    *_OF_LIMITS,
    *_LEFT_OUT,
    *_OF_OTHERS,
)


def _are_months(text: str) -> bool:
    first, _, last = text.split()
    return all(re.fullmatch(MONTH, each) for each in (first, last))


_rewritten = Rewriting(_RULES)


def rephrased(line: str) -> str:
    return " ".join(_rewritten(verbs.plainly(line)).split())


def words() -> tuple[str, ...]:
    """The patterns, whose words are spelled right."""
    return (*(pattern for pattern, _ in _RULES), " ".join(sorted(verbs.words())))
