"""Questions that name no figure (`what's moving`, `who's gone quiet`), as the plain ones they mean.
They are whole questions but for a period, so that no part of another one is taken for them."""

from __future__ import annotations

from collections.abc import Callable
from re import Match

_THEN = r"(?= *$| ,| (?:last|this|today|yesterday|in (?!stock)|on|during|over|since|so far|right now|now|these days|for|by|at the moment|currently|most|the most|ever)\b)"
_OURS = r"(?:(?:our|my|the|any|all|some|show|me|list|give|who|what|which|is|are) )*"
_GOODS = r"(?:what|which (?:products?|items?|articles|things|ones))"
_PEOPLE = r"(?:customers|people|shoppers|buyers|folks|they|clients)"
_CODES = r"(?:coupons?|codes?|vouchers?|promos?|discounts?|promo codes?|discount codes?)"
_BE = r"(?: (?:is|are|was|were|has been|have been|been))*"

_GOODS_SAID: tuple[tuple[str, str], ...] = (
    (rf"^{_GOODS}{_BE} (?:currently |really |actually |all )*(?:selling|moving|shifting|flying|hot|in demand)(?: well| nicely| best)?{_THEN}", "best sellers"),
    (rf"^what (?:sells|moves|moved|shifts|shifted|sold|went|goes)(?: well| best)?{_THEN}", "best sellers"),
    (rf"^{_GOODS}{_BE} (?:doing|do|does|did) (?:well|best|great){_THEN}", "best sellers"),
    (rf"^{_OURS}(?:hot|star) (?:products|items){_THEN}|^{_OURS}(?:customer|crowd|fan) favou?rites{_THEN}|^{_OURS}(?:winners|hits|big hits){_THEN}", "best sellers"),
    (rf"^{_GOODS}{_BE} (?:not selling (?:(?:very|so|that|too) )*(?:well|much)|selling (?:badly|poorly)|doing (?:badly|poorly|worst)|struggling|underperforming|lagging(?: behind)?|flopping|tanking){_THEN}", "worst sellers"),
    (rf"^{_GOODS} (?:underperform(?:ed|s)?|struggled?|struggles|lag(?:ged|s)?|flop(?:ped|s)?){_THEN}|^{_OURS}(?:under ?performers|underperforming (?:products|items)|duds|laggards|flops){_THEN}", "worst sellers"),
    (rf"^{_GOODS}{_BE} (?:just |still |only )*(?:sitting (?:there|around)|nobody buying|no ?one buying){_THEN}|^{_OURS}dead (?:products|weight|lines|items){_THEN}", "unsold products"),
    (rf"^{_GOODS}(?: (?:is|are|do|we|am|i|getting|running|a bit|very|have))* (?:low|short)(?: (?:on|of))?{_THEN}", "what is low on stock"),
    (rf"^{_GOODS}(?: (?:is|are|have|do|we|all|currently|not))* (?:gone|out of|out|at (?:zero|0)|none of|no more of|have none of|any of|have any of){_THEN}|^{_OURS}empty shel(?:f|ves){_THEN}", "what is out of stock"),
    (r"\bhow much (?:stock|inventory) (?:are we sitting on|do we have|is there) in (?:money|value|cash)\b|\bvalue of (?:the|our) (?:warehouse|storeroom|stockroom)\b|\b(?:capital|funds|cash) (?:tied|locked|caught) up in (?:stock|inventory)\b", "inventory value"),
    (rf"\b{_GOODS}{_BE} (?:sell(?:s|ing)?|mov(?:es?|ing)|go(?:es|ing)?|shift(?:s|ing)?) (?:the )?(?:fastest|quickest)\b", "fastest selling products"),
    (r"\bsales speed\b", "sales velocity"),
    (rf"^what (?:often |usually )?(?:ends? up|lands?|goes|comes) (?:often |together )?in the same (?:basket|order|cart|box|parcel)s?{_THEN}", "what is bought together"),
    (r"\bbundle ideas\b(?: (?:from|of|based on) what (?:people|customers) buy together)?", "products bought together"),
    (r"^what (?:else )?sells (?:best |well )?(?:with|alongside|next to) ", "what is often bought with "),
    (r"^what (?:is|are|was) (the .+?) (?:often |usually |mostly |commonly )?bought (?:together )?with$", r"what is often bought with \1"),
    (r"^(?:often|frequently|commonly|usually|mostly) bought (?:together )?with ", "what is often bought with "),
    (rf"^what (?:do|did) (?:we|i) have (?:the )?(most|least) of(?: in stock| on hand)?{_THEN}", r"products with the \1 stock"),
    (rf"^what are we sitting on (?:the )?most of{_THEN}|^{_OURS}most stocked (?:products|items){_THEN}|^{_OURS}(?:highest|biggest|largest|most) stock(?: (?:products|items|levels))?{_THEN}", "products with the most stock"),
    (rf"^{_OURS}(?:lowest|smallest|least) stock(?: (?:products|items|levels))?{_THEN}", "products with the least stock"),
    (r"\bhow (?:many|much) (units|items|pieces|products|stock)(?: (?:is|are|were|was|do we have|did we have|have we got))* in (?:the|our) (?:warehouse|stockroom|storeroom|depot)\b", r"how many units in stock"),
)  # fmt: skip
_PEOPLE_SAID: tuple[tuple[str, str], ...] = (
    (rf"^(?:who|(?:which |our |the )*customers)(?: (?:is|are|has|have|might|may|could|will|who))* (?:not coming back|going cold|gone cold|fading(?: away)?|not been back|vanish(?:ed)?|disappeared|f[ae]ll(?:en)? off|dropp(?:ed|ing) off|drift(?:ed|ing) (?:off|away)|churn){_THEN}", "which customers stopped buying"),
    (rf"^{_OURS}churn candidates{_THEN}", "customers at risk"),
    (rf"^who (?:do we need|is there|needs|should we try) to win back{_THEN}|^who needs winning back{_THEN}", "customers to win back"),
    (r"^(?:nobody|no ?one|not) heard from (?:in|for) (?:the last )?", "customers who have not ordered in "),
    (rf"^{_OURS}(?:vip list|customers worth (?:the )?most|biggest fans(?: by spend)?|key (?:customers|accounts|clients)|top accounts){_THEN}", "best customers"),
    (r"\bwho buys (?:the )?most(?: from us)? in (?:money|value)\b", "who spends the most"),
    (r"\b(?:which|what|the) (?:customer|client|buyer|shopper) (?:who |that )?(?:has |had )?(?:spent|spends|paid|pays|buys|bought) (?:the )?most(?: money)?(?: with us| in total| from us)?\b", "who is our best customer"),
    (rf"^(?:are|do) (?:our )?{_PEOPLE} (?:coming|come) back{_THEN}|\bwhat (?:share|percentage|proportion|percent) (?:buys?|orders?|comes? back|returns?)(?: again)?{_THEN}", "repeat customer rate"),
    (r"\bone hit wonders(?: (?:among|of) (?:our )?customers)?\b|\bone timers\b|\bsingle order (?:customers|buyers)\b", "one time customers"),
    (r"\bjust the once\b", "only once"),
    (rf"\bhow many(?: {_PEOPLE})?(?: have)? never (?:bought|ordered|came|come|returned|shopped) (?:again|back){_THEN}", "how many customers bought only once"),
    (rf"^how (?:soon|quickly|fast|long) (?:do|does|until|before|till) (?:our |the |a )?(?:{_PEOPLE}|customer)(?: (?:wait|take))?(?: (?:to|before))? (?:come back|comes back|re ?orders?|buys? again|orders? again|buying again|ordering again){_THEN}|^{_OURS}(?:buying|buy) cycle{_THEN}", "how many days between orders"),
    (r"\bcltv\b", "ltv"),
    (rf"^how valuable is (?:a|the average|an average|our average) customer(?: on average)?{_THEN}", "customer lifetime value"),
    (rf"\bhow many {_PEOPLE} (?:have )?(?:bought|ordered|shopped|purchased)(?: (?:from|with) us| something| here)? for the first time\b", "how many new customers"),
    (r"\bhow many (?:customers|people|buyers) did (?:we|i) (?:pick up|gain|win|win over|add|land|attract|bring in|acquire)\b", "how many new customers"),
    (rf"\bhow many {_PEOPLE} (?:discovered|found|tried) us\b|\bnew names\b{_THEN}", "how many new customers"),
    (r"\breturning faces\b", "returning customers"),
    (rf"\bhow many regulars (?:bought|ordered|shopped|came){_THEN}", "how many returning customers"),
    (r"\bhow many new and how many (?:returning|repeat|existing) customers\b|\bhow many customers (?:were|are) new and how many (?:were |are )?(?:returning|repeat)\b", "new and returning customers"),
    (r"\bhow much (?:money |revenue )?(?:came|comes|did we (?:make|get|earn)) from (new|returning|repeat|existing) (?:vs|and|or|against) (new|returning|repeat|existing)(?: customers)?\b", r"revenue from \1 vs \2 customers"),
    (r"\b(new|returning|repeat) customers? (revenue|sales|orders|spend) (?:vs|and|against) (new|returning|repeat|existing) customers? \2\b", r"\2 from \1 vs \3 customers"),
    (r"\b(customers|sales|revenue|orders) (?:around the (?:world|globe)|across the (?:world|globe)|worldwide|map|on a map)\b", r"\1 by country"),
    (r"\bwhere (?:in|on) (?:the world|earth)\b", "where"),
    (rf"^where (?:do|did) we (?:make|earn|get) (?:(?:our|most of our|the) )*(?:money|revenue|sales){_THEN}|^where are (?:our |the )?(?:sales|revenue){_THEN}", "sales by country"),
    (r"\bthe people who (?:buy|shop|order)(?: (?:from|with) us)?\b", "our customers"),
    (rf"^how (?:well do we|good are we at) (?:keep(?:ing)?|retain(?:ing)?|hold(?:ing)? on to|hang(?:ing)? on to) (?:our |the )?customers{_THEN}|^(?:are|do) (?:our |the )?customers (?:stick|sticking|stay|staying)(?: around| with us| loyal)?{_THEN}|^how sticky are (?:our |the )?customers{_THEN}", "customer retention"),
    (r"\b(do|does|did|to|they|customers|orders|sales) fall (?=into|under|between|within)", r"\1 belong "),
    (r"\bhow much do (?:our |the )?(?:best|top|biggest) customers (?:bring in|make|spend|contribute) as an? (?:share|percentage|percent)(?: of .*)?$|\bwhat share(?: of (?:our |the )?(?:sales|revenue))? comes from (?:our |the )?(?:top|best|biggest) customers\b|\bhow much of (?:our |the )?(?:revenue|sales|business) (?:comes|is|came) from (?:our |the )?(?:top|best|biggest) customers\b|\bhow (?:much do we depend|much do we rely|dependent are we|reliant are we) on (?:our |the )?(?:top|best|biggest) customers\b|\bdo(?:es)? 20 percent of (?:our |the )?customers (?:make|bring(?: in)?|generate|account for|give us) 80 percent(?: of (?:our |the )?(?:sales|revenue|money))?", "share of top customers"),
)  # fmt: skip
_FIGURES_SAID: tuple[tuple[str, str], ...] = (
    (rf"^(?:how much|what)(?: money| cash)? (?:went|was sent|flowed|got sent) back{_THEN}|\bhow much (?:did|do|have|has) (?:returns|refunds) cost(?: us)?\b|\bwhat came back in money\b", "refunds"),
    (r"\bhow much did (?:we|i) (?:have|need|get) to refund\b", "how much did we refund"),
    (rf"\bhow many orders (?:came|were sent|got sent|went) back{_THEN}|\bhow many {_PEOPLE} (?:got|were given) their money back\b|\bhow many times did (?:we|i) (?:refund|give money back)\b", "how many orders were refunded"),
    (rf"^what (?:gets|is being|is getting|is|gets being) (?:sent back|returned|refunded)(?: (?:the )?most)?{_THEN}|^what (?:do|did) (?:our )?{_PEOPLE} (?:return|send back)(?: (?:the )?most)?{_THEN}|^{_GOODS} comes? back(?: (?:the )?most)?{_THEN}|^{_OURS}problem products by (?:refunds|returns){_THEN}|^{_OURS}(?:biggest |worst )?(?:refund|return)s? culprits{_THEN}", "most refunded products"),
    (r"\b(highest|worst|lowest|best) (refund|return) rate (products|categories|countries)\b", r"\3 with the \1 \2 rate"),
    (rf"\bhow much did (?:we|i) give away{_THEN}|\bwhat (?:did|do|have) (?:our |the )?(?:discounting|{_CODES}|promotions) cost(?: us)?\b|\bhow much (?:have|did|do) (?:our |the )?{_PEOPLE} sav(?:e|ed)(?: (?:with|by|through|using) (?:our )?{_CODES})?\b", "discounts"),
    (rf"\bwhich ({_CODES}) are (?:(?:the )?most )?popular\b", r"which \1 are used most"),
    (r"\b(?:coupon|code|voucher|promo) (?:popularity|leader ?board|league table|ranking)\b", "most used coupons"),
    (r"\bwhich (?:code|coupon|voucher) (?:is|was|gets) used how often\b", "how often was each code used"),
    (r"\bhow popular (?:is|was|has) (@x\d+)(?: been)?\b", r"how often was \1 used"),
    (rf"\bdo (?:{_PEOPLE}|those|ones) (?:with|using|who use) (?:an? )?{_CODES} (?:spend|order|buy) more(?: per order)?\b|\bdo (?:coupon|code|voucher|discount) users (?:spend|order|buy) more(?: per order)?\b|\bdo (?:our )?{_PEOPLE} (?:spend|order|buy) more (?:with an?|using an?|when they use an?) {_CODES}\b|\bdo (?:discounted|coupon) orders have an? (?:higher|bigger|larger|lower) average(?: (?:value|order value))?\b|\bis the average (?:order|basket) (?:bigger|higher|larger|smaller|lower) with an? {_CODES}\b|\b(?:average )?basket with (?:an? )?{_CODES} (?:vs|and|or) without\b", "average order value with vs without coupon"),
    (r"\bhow much is (?:each|an|every|one) order worth(?: on average)?\b", "average order value"),
    (rf"\baverage basket in (?:items|pieces|units)\b|\bhow full are (?:(?:our|the|people s) )*baskets\b|\bhow many (?:items|things|products) do {_PEOPLE} buy at a time\b", "items per order"),
    (r"\bhow many times did (?:we|i) sell (?:something|anything)\b|\bhow many deals did (?:we|i) (?:close|make|do)\b", "how many orders"),
    (r"\border numbers(?= (?:last|this|in|for|during|over|since|by|per)\b)", "number of orders"),
    (r"\bhow many (.{3,40}?) (?:left|went out of) (?:the|our) (?:shop|store|building|warehouse)\b", r"how many \1 did we sell"),
    (r"\bhow much did (?:we|i) sell in (units|pieces|items)\b", r"how many \1 did we sell"),
    (r"\bhow many (?:different |individual |separate |distinct )*(?:individuals|people|persons|households) (?=bought|ordered|purchased)", "how many customers "),
    (r"\b(?:rate|fraction|proportion|part) of (?:cancell?ed orders|orders (?:were |got |was )?cancell?ed)\b", "cancellation rate"),
    (rf"\bhow many {_PEOPLE} cancell?ed\b", "how many orders were cancelled"),
    (r"\borders (?:were |got |have |have been )?(?:called off|f[ae]ll(?:en)? through)\b", "orders were cancelled"),
    (r"^what (?:do|did) (?:we|i) (?:make|take|sell|earn) (?:a|per|each) day\b", "average daily sales"),
    (rf"^when (?:in the day )?do (?:our |most )*(?:{_PEOPLE}) (?:shop|buy|order){_THEN}|^{_OURS}(?:busy|rush|peak) hours{_THEN}|^when (?:is|does) the rush(?: come| start| happen)?(?: during the day)?{_THEN}", "orders by hour of the day"),
    (rf"^{_OURS}rush hour{_THEN}|^when do most orders come in during the day", "busiest hour of the day"),
    (r"^how do (?:the )?weekends compare (?:to|with) (?:the )?weekdays\b", "weekend vs weekday sales"),
    (r"^how (?:do|does|did) (.{3,30}?) and (.{3,30}?) compare(?= *$| (?:last|this|in|over|during|since)\b)", r"compare \1 and \2"),
    (rf"\b(?:our |my |the )?(?:record|best ever|biggest ever|all time best) (month|day|week|year|quarter){_THEN}", r"best \1 ever"),
    (rf"^how (?:do|does|did) (?:our |the )?(sales|revenue|orders) (?:vary|change|move|differ) (?:over|across|through|throughout) the year{_THEN}", r"seasonality of \1"),
    (rf"^how (?:do|are|is) (?:our |the )?(?:order|basket|cart) (?:sizes?|values?|totals?) (?:break down|distributed|spread(?: out)?|split|vary){_THEN}|^how many small and (?:big|large) orders\b(?: do we (?:get|have))?", "order value distribution"),
    (rf"^what do {_PEOPLE} pay with\b|^how do (?:our )?{_PEOPLE} (?:like|prefer|choose|tend) to pay{_THEN}|^(?:what|which) (?:payment methods|ways of paying|ways to pay) do (?:our )?{_PEOPLE} use{_THEN}", "orders by payment method"),
    (r"\bby (?:what|how many) percent(?:age)? (?:did|have|has|are) (?:we|sales|revenue) (?:grow|grown|growing)\b", "year over year growth"),
    (r"\byoy percent\b", "yoy growth"),
    (r"\bsum of (pending|unpaid|failed|on hold) orders\b", r"value of \1 orders"),
    (r"\b(?:what|which) state are (?:our |the |my )?orders in\b|^(?:our |the )?(?:order )?status overview\b", "orders by status"),
    (rf"\bhow (?:up to date|current|recent|old|stale|fresh|new) (?:is|are) (?:this|it|(?:this|these|the|our) (?:numbers|figures|data|information)){_THEN}|\b(?:is|are) (?:everything|we|it|all|the shop|the store) (?:synced|in sync|synchroni[sz]ed){_THEN}", "how fresh is the data"),
    (r"\b(sales|revenue|turnover)(?: so far)?( this (?:month|year|quarter|week))? added up by (day|week|month)\b", r"cumulative \1\2 by \3"),
    (r"^(?:the )?(month|week|quarter|year) so far\b", r"this \1 so far"),
)  # fmt: skip


def _before(found: Match[str]) -> str:
    """`are we ahead of last month`: this one against it."""
    if found["unit"] is None:
        return "today vs yesterday"
    return f"this {found['unit']} vs last {found['unit']}"


_AGAINST: tuple[tuple[str, str | Callable[[Match[str]], str]], ...] = (
    (r"\b([ymqw]) \1\b", lambda found: {"y": "yoy", "m": "mom", "q": "qoq", "w": "wow"}[found[1]]),
    (r"\b(?:next to|alongside|beside|together with) (?=(?:the )?(?:same|last|previous|prior|preceding|(?:day|week|month|quarter|year) before)\b)", "vs "),
    (r"\b((?:this|last|previous) (?:day|week|month|quarter|year)|(?:last|past) \d+ (?:days|weeks|months)|yesterday|today) and (?=the (?:same (?:time|period|days?|week|month|quarter)|previous|(?:day|week|month|quarter|year) before)\b)", r"\1 vs "),
    (r"\bgross (sales|revenue|turnover) growth\b", r"growth in gross \1"),
    (r"\bare we (?:up|down|ahead|behind)(?: on| of)? this (month|week|quarter) (?:of |in )?last year\b", r"this \1 vs the same \1 last year"),
    (r"\bare we (?:ahead of|behind|up on|down on) last (week|month|quarter|year)(?: or (?:(?:lagging|falling) )?(?:behind|ahead|down|up|not))? (?:on|in|for|with) (.{3,25}) this \1$", r"\2 this \1 vs last \1"),
    (r"\bare we (?:up|down)(?: or (?:down|up))? (?:year on year|year over year|yoy)\b", "this year vs last year"),
    (r"\b(?:how (?:much|far) )?are we (?:ahead of|beating|behind|up on|down on|level with|lagging(?: behind)?)(?: (?:where|what) we (?:were|did|made))? (?:last (?P<unit>year|month|week|quarter)|yesterday)\b(?! (?:week|month|year))(?: or (?:(?:lagging|falling) )?(?:behind|ahead|down|up|not)(?: on)?)?", _before),
)  # fmt: skip

_MONTHS = r"(january|february|march|april|may|june|july|august|september|october|november|december)"
_OF_ORDERS = r"((?:(?:net|gross|total) )?(?:revenue|sales|turnover|orders|aov|average order value|units sold|items sold|refunds|discounts))"
_KINDS = r"((?:new|returning|repeat|existing|first time) (?:customers|buyers))"
_CONDITIONS_SAID: tuple[tuple[str, str], ...] = (
    (rf"\bfrom the (?:start|beginning) of {_MONTHS} (?:to|until|till|through) the end of {_MONTHS}\b", r"from \1 to \2"),
    (r"\bthe day before today\b", "yesterday"),
    (r"\bto (?!(?:e ?mail|their|our|which|what|customers?|home|delivery|shipping|billing|the|these|those|all|different)\b)(\w+) addresses\b", r"to \1"),
    (r"\bhow many (?:customers?|people|peoples) orders\b", "how many orders"),
    (rf"\b(?:from|by|of) (?:{_PEOPLE}|those) who (?:bought|ordered|shopped)(?: (?:from|with) us)? for the first time\b|\bfrom first (?:orders|purchases)\b", "from new customers"),
    (rf"\bwhat did {_KINDS} (?:bring in|bring us|bring|make us|earn us|give us)\b", r"what did \1 spend"),
    (rf"\b{_OF_ORDERS} , (?:only |just )?{_KINDS}(?: only| alone)?{_THEN}", r"\1 from \2"),
    (rf"^{_KINDS} , {_OF_ORDERS}{_THEN}", r"\2 from \1"),
    (r"\borders past (?=\d[\d.]* ?¤)", "orders over "),
    (r"\borders (?:adding up to|amounting to|coming to|running to) (?=(?:more|less|over|under|at least|at most|above|below)\b)", "orders of "),
    (rf"\borders where (?:{_PEOPLE}|someone|somebody) (?:spent|paid|spend|pay) (?=(?:more|less|over|under|at least|above|below|between)\b)", "orders of "),
    (rf"\b(?:how much|what) (?:did|do|have) (?:our )?{_PEOPLE} (?:spend|spent) on (?!average|an? |each |every |our |shipping|delivery|postage|orders?|weekends?|weekdays?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|black|cyber|christmas|the \d|\d)", "how much did we make on "),
)  # fmt: skip

_ROWS = r"(countries|categories|channels|currencies|payment methods)"
_FIGURE = r"(?=[^~]*\b(?:sales|revenue|turnover|takings|orders?|refunds?|discounts?|units|items|values?|aov|taxes|vat|tax|rates?|shipping|customers|amounts?|money)\b)"
_NO_LIMIT = (
    r"(?!(?:their |the |our )*(?:more|fewer|less|at|over|under|above|below|no|most|least|highest|lowest|biggest|best|worst|than|without|out|up|an?|\d+)\b)"
    r"(?!.*\b(?:over|above|under|below|than|least|most|exceeding|between|[<>=]) ?\d)"
)
_ROWS_SAID: tuple[tuple[str, str], ...] = (
    (rf"^(?:(?:compare|rank|list|show|a|table of|league table of|leader ?board of|list of|our|the|all|my|me) )*{_ROWS} (?:sorted by|ranked by|ordered by|in order of|and|with|on|in terms of|by|compared on) {_NO_LIMIT}(?:their |the |our )*{_FIGURE}(.{{3,60}})$", r"\2 by \1"),
    (rf"^how (?:do|did|does|have) (?:the |our )?{_ROWS} (?:compare|do|done|perform|fare|differ|look) (?:on|in terms of|in|by|for|with) {_FIGURE}(.{{3,60}})$", r"\2 by \1"),
    (rf" (?:for|of) (?:all(?: the| our)?|the different|different|our|the various) {_ROWS}\b(?! (?:but|except|besides|together|combined|with|that|where|other|without|bar|apart|excluding))", r" by \1"),
    (rf"^how (?:was|were|is|are) (?:our |the )?(.{{3,30}}?) (?:spread|distributed|split|divided)(?: out| up)? (?:across|over|between|among|by) (?:the |our |different |all )*{_ROWS}\b", r"\1 by \2"),
    (r"\bsegmented by (?!rfm)", "split by "),
    (r"^segment (?!(?:my |our |the )*customers)(.+ by )", r"split \1"),
    (r"^what customers (?:did|do) we (?:have|get|see)\b", "how many customers did we have"),
    (r"\bwhat (?:is|was|were|has been|our|have)* ?(?:our |the )?customers (?:was|were|is|are)\b|\bwhat (?:is|was|were|has been|have been) (?:our |the )?customers\b", "what is the number of customers"),
    (r"\bwhat did (.{3,30}?) total\b", r"\1"),
    (r"^where did (.{3,30}?) (?:land|end up|come in|finish|wind up)\b", r"\1"),
    (r"\b(with|had|have) the (highest|most|lowest|fewest) items sold\b", r"\1 the \2 units sold"),
    (r"^((?:(?:could|can|may|you|i|please|show|see|me|the|our|want to) )+)items sold\b", r"\1units sold"),
    (r"\bwhat items sold (?:was|were)\b", "what were units sold"),
    (r"\b((?:number of |discounted |cancelled )?orders) numbers\b", r"\1"),
    (r"^what (items|units) sold did we (?:have|get|see)\b", r"\1 sold"),
    (r"\bwhere (?:(?:do|did|have) we (?:stand|stood|land(?:ed)?|end(?:ed)? up)|are we(?: at)?) (?:on|with|for|in terms of)\b", ""),
    (r"^((?:(?:our|the|show|me) )*(?:(?:net|gross|total) )?(?:sales|revenue|turnover|orders|refunds?(?: amounts?)?|discounts|taxes|vat|shipping fees|aov|average order value)) ((?:in|last|this|during|over|since|for) [^~@]{2,25}) (?:per|each|every) day$", r"\1 by day \2"),
    (r"\b(this|last) (week|month|quarter|year) in days$", r"\1 \2 by day"),
)  # fmt: skip

RULES = (*_CONDITIONS_SAID, *_ROWS_SAID, *_GOODS_SAID, *_PEOPLE_SAID, *_FIGURES_SAID, *_AGAINST)
