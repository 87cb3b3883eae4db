"""The words of merchants' questions that are not metrics' own (those stand with the metrics): what
tables can be by, what is not in the data, and the plain English that says nothing of either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from backshop.insights.planning import places
from backshop.insights.planning.chat import CHAT
from backshop.insights.planning.countries import codes
from backshop.insights.planning.text import by_length
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import DAYS, MONTHS, Dimension

D = Dimension
PEOPLE = r"(?:customers?|buyers?|clients?|shoppers?|punters?|purchasers?|people|persons?|consumers?|folks?|users?|members?|patrons?|regulars|ones|who)"
GOODS = r"(?:products?|items?|articles?|goods|things?|stuff|listings?|merch(?:andise)?|lines)"
CODES = r"(?:coupons?(?: codes?)?|(?:promo(?:tion(?:al)?)?|discount|voucher) codes?|codes?|vouchers?|promos?|promotions?)"
BOUGHT = r"(?:bought|ordered|purchased|shopped|placed|come back|returned|been back|buy|order|purchase|shop|spent|spend)"

DIMENSION_NOUNS: tuple[tuple[Dimension, str], ...] = (
    (
        D.CUSTOMER_TYPE,
        r"customer types?|type of customers?|kind of customers?|new (?:and|vs|or) (?:returning|repeat|existing|old)(?: customers?| buyers?)?|new customers? (?:and|vs|or) (?:returning|repeat|existing|old)(?: customers?| ones)?",
    ),
    (
        D.PAYMENT_METHOD,
        r"payment (?:methods?|modes?|types?|options?|providers?|gateways?|means)|payments? methods?|methods? of payment|ways? (?:of paying|to pay)|gateways?|payment",
    ),
    (
        D.DAY_OF_WEEK,
        r"days? of (?:the )?week|weekdays?|week days?|days? in the week|dow|days of weeks",
    ),
    (
        D.HOUR_OF_DAY,
        r"hours? of (?:the )?day|times? of (?:the )?day|hours?|time of day|hour of day",
    ),
    (D.MONTH, r"months? of (?:the )?year|calendar months?|months? of year"),
    (
        D.COHORT_MONTH,
        r"cohorts?(?: months?)?|months? of (?:the |their )?first (?:order|purchase)|first (?:order|purchase) months?|(?:acquisition|signup|sign up|joining) (?:months?|cohorts?)|monthly cohorts?",
    ),
    (
        D.MONTHS_SINCE_FIRST,
        r"months? (?:since|after|from) (?:the |their )?(?:first (?:order|purchase)|acquisition)",
    ),
    (D.RFM_SEGMENT, r"rfm(?: segments?)?|(?:customer )?segments?"),
    (
        D.ORDER_VALUE_BUCKET,
        r"order (?:values?|sizes?|totals?|amounts?)(?: (?:buckets?|ranges?|class(?:es)?|bands?|brackets?))?|(?:basket|cart) (?:sizes?|values?)(?: (?:buckets?|ranges?|bands?))?|(?:price|value|size) (?:ranges?|buckets?|bands?|brackets?)",
    ),
    (D.CURRENCY, r"currenc(?:y|ies)"),
    (D.CHANNEL, r"(?:sales |selling )?channels?"),
    (D.STATUS, r"(?:order )?status(?:es)?"),
    (
        D.COUNTRY,
        r"countr(?:y|ies)|nations?|geograph(?:y|ies|ically)|markets?|destinations?|shipping countr(?:y|ies)|geo",
    ),
    (
        D.CATEGORY,
        r"(?:product )?categor(?:y|ies)|collections?|departments?|product (?:types?|groups?|lines?|families)|kinds? of products?|types? of products?",
    ),
    (D.SKU, r"skus?|variants?|variations?"),
    (D.COUPON, CODES),
    (D.PRODUCT, GOODS),
    (D.IS_WEEKEND, r"weekendsplit"),
    (D.HAS_COUPON, r"couponsplit"),
    (D.CUSTOMER, r"customers?|buyers?|clients?|shoppers?|spenders?"),
)

BEST = r"(?:best|top|most|highest|biggest|largest|greatest|strongest|leading|busiest|peak|hottest|favou?rites?|favorite|popular|record|max(?:imum)?|main|winning|winners?|hero|flagship|heaviest|priciest|number 1|frequent(?:ly)?|max)"
WORST = r"(?:worst|least|lagging|lowest|smallest|fewest|slowest|weakest|bottom|poorest|quietest|flops?|min(?:imum)?|unpopular|losers?|deadest|bad(?:ly)?|poorly|underperforming|cheapest)"


DAYS_SAID = (
    r"black ?fridays?",
    r"cyber ?mondays?",
    r"(?:valentines?|mothers?|fathers?|singles?|boxing|new years?|christmas) days?",
    r"easters?",
    r"halloweens?",
    r"christmas(?: eves?)?",
)


class Missing(NamedTuple):
    """Of what is asked for: its name as data, a sentence, and the nearest question with its
    query."""

    pattern: str
    missing: tuple[str, ...]
    text: str
    nearest_text: str
    nearest: dict[str, Any]


_MONTHS_12 = {"type": "last_n", "n": 12, "unit": "month"}
NEAREST_SALES = (
    "Orders and average order value by month",
    {"metrics": ["orders", "aov"], "grain": "month", "period": _MONTHS_12},
)
NEAREST_NET = (
    "Net sales by month",
    {"metrics": ["net_sales"], "grain": "month", "period": _MONTHS_12},
)
NEAREST_PRODUCTS = (
    "Product net sales by product",
    {
        "metrics": ["product_net_sales"],
        "dimensions": ["product"],
        "period": _MONTHS_12,
        "top_n": 10,
    },
)
_COUNTRIES = (
    "Net sales by country",
    {"metrics": ["net_sales"], "dimensions": ["country"], "period": _MONTHS_12},
)
_COUPONS = (
    "Sales with coupon by code",
    {"metrics": ["coupon_net_sales"], "dimensions": ["coupon"], "period": _MONTHS_12, "top_n": 10},
)
_TYPES = (
    "Net sales by new, returning and guest customers",
    {"metrics": ["net_sales"], "dimensions": ["customer_type"], "period": _MONTHS_12},
)
_STATUS = (
    "Orders of all statuses by status",
    {
        "metrics": ["orders_all_status"],
        "dimensions": ["status"],
        "period": {"type": "last_n", "n": 30, "unit": "day"},
    },
)
_REFUNDS = (
    "Refunds by product",
    {"metrics": ["refunds"], "dimensions": ["product"], "period": _MONTHS_12, "top_n": 10},
)
_STOCK = ("Inventory value at selling prices", {"metrics": ["inventory_value"]})
_STOCK_NOW = (
    "Stock on hand by product",
    {"metrics": ["stock_quantity"], "dimensions": ["product"], "top_n": -10},
)
NEAREST_CUSTOMERS = (
    "The customers who spent most, by pseudonym",
    {
        "metrics": ["lifetime_revenue"],
        "dimensions": ["customer"],
        "period": {"type": "all_time"},
        "top_n": 10,
    },
)
_PAYMENT = (
    "Net sales by payment method",
    {"metrics": ["net_sales"], "dimensions": ["payment_method"], "period": _MONTHS_12},
)
_REPEAT = (
    "The share of customers who ordered again",
    {"metrics": ["repeat_customer_rate"], "period": {"type": "all_time"}},
)
_SKUS = (
    "Items sold by SKU",
    {"metrics": ["items_sold"], "dimensions": ["sku"], "period": _MONTHS_12, "top_n": 10},
)
NEAREST_CHANGE = (
    "Net sales this month compared with the last",
    {
        "metrics": ["net_sales"],
        "period": {"type": "calendar", "unit": "month", "offset": 0, "compare": "previous_period"},
    },
)
_SHIPPING = (
    "Shipping charged by month",
    {"metrics": ["shipping"], "grain": "month", "period": _MONTHS_12},
)


def _m(pattern: str, missing: str, text: str, nearest: tuple[str, dict[str, Any]]) -> Missing:
    return Missing(rf"\b(?:{pattern})\b", tuple(missing.split("|")), text, *nearest)


MISSING: tuple[Missing, ...] = (
    _m(
        r"(?:shipping|postage|freight|delivery|parcel) labels?",
        "shipping costs",
        "What carriers charge is not synced, only what customers paid for shipping.",
        _SHIPPING,
    ),
    _m(
        r"customs(?: dut(?:y|ies)| fees?| charges?)?|import dut(?:y|ies)|import (?:tax(?:es)?|fees?)|tariffs?",
        "import duties",
        "Import duties are not synced.",
        _SHIPPING,
    ),
    _m(
        r"charge ?backs?|(?:payment|card|paypal) disputes?",
        "chargebacks|payment fees",
        "Chargebacks and disputes are not synced, only refunds.",
        _REFUNDS,
    ),
    _m(
        r"(?:e ?mail|sms|newsletter|mailing) campaigns?",
        "newsletters|advertising",
        "Neither newsletters nor campaigns are synced.",
        _COUPONS,
    ),
    _m(
        r"conver\w+ rates?|conversions?|convert(?:s|ed|ing)?|cvr|conversion funnel|funnel",
        "visits",
        "Visits are not synced, so there is no conversion rate.",
        NEAREST_SALES,
    ),
    _m(
        r"visit(?:s|ors?|ed)?|window (?:shoppers?|customers?)|(?:popped|pop|dropped|drop|stopped) (?:by|in)\b(?! (?:sales|orders|revenue|\d|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4]|the|@x|last|this))|(?:popped|dropped|stopped) by|browsers? (?:turn|become|into)|traffic(?! sources?)|sessions?|page ?views?|pageviews?|bounce(?: rate)?s?|(?<!per )(?<!newsletter )(?<!email )clicks?|click through|ctr|impressions|hits|landing pages?|web ?site (?:users|views)|footfall|(?:walk(?:ed|s|ing)?|pass(?:ed|es|ing)?) (?:past|by)|passers? ?by|shop windows?|looked (?:at|the|@x\d+)|(?:people|customers|who|users|shoppers) look(?:ed)?(?: at)? (?:the|our|@x\d+)|(?:people|users|shoppers) (?:(?:are|were|is) )?(?:on|in) (?:the|our|my) (?:web ?site|site|shop|store|page)|(?:people|customers|shoppers|visitors|who|users) (?:saw|see|seen|have seen)|(?:product|home|landing) ?pages?|@x\d+ pages?|viewed|views|browsed|browsing|time on (?:site|page)",
        "visits",
        "Visits are not synced, so there is nothing about who looked at the shop.",
        NEAREST_SALES,
    ),
    _m(
        r"abandon\w*(?: (?:carts?|baskets?|checkouts?))?|carts? (?:abandon\w+|recover\w*)|recovered (?:carts?|baskets?)|add(?:ed)? to (?:cart|basket)|(?:open|active|live|pending|full) (?:carts?|baskets?)|how many (?:carts|baskets)|left in (?:the |their )?(?:cart|basket)s?|(?:unfinished|incomplete) checkouts?|saved carts?|carts? (?:created|started)|in (?:(?:the|their|customers?|people|shoppers?|buyers?|open) (?:carts?|baskets?)|(?:carts|baskets)(?= *$| ~| right| now| at))",
        "carts",
        "Carts are not synced, only orders.",
        _STATUS,
    ),
    _m(
        r"wish ?lists?|favou?rited|saved items",
        "wish lists",
        "Wish lists are not synced.",
        NEAREST_PRODUCTS,
    ),
    _m(
        r"profit\w*|margins?|markup|mark up|cogs|costs? of goods|cost prices?|costs? (?:price|per unit|of (?:the )?(?:products?|stock|inventory|items?))|purchase (?:cost|price)s?|unit costs?|gross margin|net margin|bottom line|ebitd?a?|p and l|pnl|net income|contribution margins?|break ?even|product costs?|stock at cost|inventory at cost|at cost|what (?:do|did|does) (?:it|they|we|our \w+) cost (?:us|me)?|landed cost|(?:products?|goods|items?|stock|inventory) costs? (?:us|me)|after (?:(?:product|all|our|the|their) )*costs?|(?:what|how much) (?:do|did) (?:we|i) pay (?:our |the |a |my )?(?:suppliers?|wholesalers?|vendors?|factory|manufacturer|maker) for|wholesale costs?|costs? (?:us |me )?to (?:make|produce|manufacture|buy in)|wholesale price",
        "cost prices",
        "Cost prices are not synced, so there is no profit or margin.",
        NEAREST_NET,
    ),
    _m(
        r"(?<!advertising )(?<!ad )(?<!marketing )(?<!shipping )(?<!delivery )expenses?|opex|(?:operating|running) costs?|(?:money|cash) (?:(?:is|do we have|we have|have we got|sitting) )?(?:in|at) (?:the|our) (?:bank|account)s?|overheads?|rent|payroll|(?:my|our|the) (?:workers?|helpers?|crew|team)|working hours|hours (?:worked|(?:[~a-z]+ )?(?:workers|staff|team))|salar(?:y|ies)|wages?|staff(?: costs?)?|employees?|personnel|team members?|sales ?(?:person|people|reps?|team|assistants?|clerks?|associates?|agents?)|shop assistants?|cashiers?|baristas?|(?:which|who|what) (?:one )?(?:of|among) (?:(?:the|our|my|us|these) )*(?:girls|boys|guys|lads|ladies|clerks|people|crew|helpers|assistants|kids|women|men)(?: [~@a-z0-9]+){0,4}? (?:sold|sells?|made|rang|took|served|brought)|(?:which|what|the) (?:clerk|assistant|waiter|waitress|helper|seller)|who (?:has |have )?(?:sold|sells) (?:the )?(?:most|more|least|best)|who (?:packed|packs|picked|picks|served|serves|handled|handles|processed|rang up|is working|was working|works|worked)|colleagues?|shifts?(?= (?:work|plan|schedule|sold))|bookkeeping|cash ?flow|bank balance|bank account|balance sheet|payouts?",
        "staff and expenses",
        "Only the shop's own orders, products and customers are synced: nothing of staff, expenses or bank accounts.",
        NEAREST_NET,
    ),
    _m(
        r"roas|cac|cpa|cpc|cpm|acos|ad ?spend|ads?|advert\w*|marketing (?:spend|costs?|budget|channels?|campaigns?|roi|efforts?)|campaigns?|facebook|instagram|insta|tik ?tok|pinterest|meta|google(?: ads| analytics| shopping)?|adwords|influencers?|affiliates?|acquisition costs?|(?<!shipping )(?<!delivery )costs? per (?:acquisition|customer|order|click)|roi|return on ad spend|utm|social media|social",
        "advertising",
        "Advertising is not synced: neither what it cost nor what it brought.",
        _COUPONS,
    ),
    _m(
        r"refers?(?= (?:the |most |us |our |customers))|referr(?:als?|ers?|ing|ed)|(?:traffic |order |lead |acquisition )sources?|(?:which|what|by|per) sources?|attribution|came from (?:search|social|email|ads)|organic|seo|search (?:terms?|engines?|quer(?:y|ies))|keywords?|where (?:did|do) (?:customers|they|people|visitors|shoppers|buyers) (?:hear|find)|how (?:did|do) (?:customers|people|they|shoppers) (?:hear|find)",
        "traffic sources",
        "Where shoppers came from is not synced.",
        _COUNTRIES,
    ),
    _m(
        r"(?:how|what) (?:will|would) (?:[~@a-z0-9]+ ){1,6}?(?:be|look|look like|do|develop|turn out|end up)(?= *$| in| for| this| next| by| over| ~| on| at|,)|forecast\w*|should (?:we|i) expect|predict\w*|projection|projections|projected|expect(?:ed)? (?:to|sales|revenue|orders|next)|(?:will|shall|going to) (?:(?:we|i|it|they|our|my|the|total|net|monthly|@x\d+) )*(?:(?:\w+|@x\d+) )?(?:sell|make|earn|be|have|get|do|need|grow|reach|hit|bring|beat|exceed|surpass|top|outperform|match|finish|end|close|come|happen|look|go up|go down|drop|rise|increase|decrease)|crystal ball|next (?:week|month|quarter|year|summer|winter|spring|autumn|fall|christmas|easter|season|halloween|black friday|cyber monday|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4]|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d+ (?:days|weeks|months|years))|tomorrow|upcoming|coming (?:week|month|quarter|year)|future|outlook|budget(?:ed)?|targets?|goals?|(?:sales|monthly|revenue) quotas?|estimate(?:d)? (?:next|future)|in the next|by year ?end|by the end of (?:the|this) year",
        "forecasts",
        "Only what has happened is known: there are no forecasts, budgets or targets.",
        NEAREST_NET,
    ),
    _m(
        r"reviews?|ratings?|rated|stars?|nps|satisf\w+|feedback|happy|happiness|complain\w*|testimonials?|(?:customers?|people|buyers?|they) (?:say|said|think|thought|write) (?:about|of)|csat|sentiment",
        "reviews",
        "Reviews and ratings are not synced.",
        _REFUNDS,
    ),
    _m(
        r"news ?letters?(?: clicks)?|subscribers?|(?:e ?mail|sms) (?:opens?|open rate|clicks?|list(?! of)|campaigns?|marketing)|open rates?|mailing list|unsubscri\w+|opt(?:ed)? ins?|sms (?:sent|campaigns?)|whatsapp (?:messages?|campaigns?|broadcasts?)|opened (?:our|the|my) \w+|klaviyo|mailchimp|(?:e ?mails?|newsletters?|mailings?)(?: (?:did|do|have|were|was|we|i|you|get|got))* (?:send|sent|opened|delivered)",
        "newsletters",
        "Newsletters and their subscribers are not synced.",
        NEAREST_CUSTOMERS,
    ),
    _m(
        r"subscription\w*|subscribe and save|mrr|arr|recurring (?:revenue|orders)|churn rate|renewals?",
        "subscriptions",
        "Subscriptions are not synced, so there is neither recurring revenue nor a churn rate.",
        _REPEAT,
    ),
    _m(
        r"(?:mostly|mainly|either|more|rather|usually|largely) (?:the )?(?:mothers?|fathers?|mums?|moms?|dads?|parents|grandparents|grandmothers|grannies|teenagers|teens|students|pensioners|seniors|retirees|professionals|families|couples|singles|kids)|(?:mothers|fathers|mums|moms|dads|parents|grandparents|teenagers|students|pensioners|seniors|families) (?:or|vs|and) (?:mothers|fathers|mums|moms|dads|parents|grandparents|teenagers|students|pensioners|seniors|families)|gender|sex|male|females?|(?:is|are|was|were|being|by|to|from|of) (?:(?:mostly|mainly|only|rather|a|our|the) )*(?:wom[ae]ns?|m[ae]ns?|ladies|gentlem[ae]n|girls|boys)(?= *$| ,| ~| and| or| vs| than| in| last| this|\?)|men and women|women and men|men (?:or|vs) women|(?:how many|number of|share of) (?:wo)?men|(?:wo)?men (?:buy|bought|order|ordered|spend|under|over|aged|above|below|older|younger|between|in their)|women (?:or|vs) men|ages?|aged|age groups?|old are|demographic\w*|birthdays?|income (?:group|level|bracket)s?|millennials|gen z|education|married",
        "demographics",
        "Nothing is known of customers' age, gender or household.",
        _TYPES,
    ),
    _m(
        r"(?:names?|address(?:es)?|phones?|e ?mails?)(?: (?:and|or|,) (?:names?|address(?:es)?|phones?|e ?mails?)(?: numbers?| address(?:es)?)?)+(?= of)|(?:e ?mails?|phone numbers?|phones?|whatsapp(?: numbers?)?|names?|contact details?|addresses|birth ?dates?)(?: addresses?)? of (?:my|our|the|all|these|those)?(?: \w+)? ?(?:customers?|buyers?|clients?|shoppers?)|e ?mail lists? of|customers? (?:e ?mails?|names|phones?|phone numbers?|contact|addresses|details)|e ?mail address(?:es)?|e ?mails?(?= *$| of | from )|(?:phone|mobile|contact|whatsapp) (?:numbers?|nos?)|contact details|personal data|password\w*|credit card numbers?|card numbers?|api keys?|secrets?",
        "personal data",
        "Customers are known by pseudonyms alone: their names, addresses and numbers are not shown.",
        NEAREST_CUSTOMERS,
    ),
    _m(
        r"cit(?:y|ies)|towns?|(?<!please )(?<!kindly )(?<!you )states?(?! of| the| our)|provinces?|regions?|postal codes?|post ?codes?|pin ?codes?|suburbs?|boroughs?|zip(?: codes?)?|zips|counties|county|districts?|addresses|bundesland|continents?|neighbou?rhoods?|local",
        "cities and regions",
        "Of addresses only the country is kept.",
        _COUNTRIES,
    ),
    _m(
        r"europe|european|eu|asia|asian|africa|african|(?:north|south|latin|central) america|middle east|scandinavia|benelux|dach|apac|emea|overseas|abroad|international(?:ly)?|domestic(?:ally)?",
        "cities and regions",
        "Of addresses only the country is kept.",
        _COUNTRIES,
    ),
    _m(
        r"suppliers?|importers?|wholesalers?|who (?:supplies|supplied|makes|made|manufactures|delivers)|supplied by|vendors?|purchase orders?|lead times?|manufactur\w+|factory|factories|restock(?:ed)? (?:date|when)|incoming stock|on order from|warehouses?|stock locations?|(?:stock|inventory)(?: \w+)? (?:per|by|at each|in each|at every|for each) locations?|(?:new |next )?stock (?:will )?arriv\w+|(?<!orders )(?<!order )arriv(?:e|al|ing)(?! late| too late| on time| in time| damaged| broken)|back in stock|(?:did|do) we (?:buy|purchase|order in)(?= (?:~|stock)|$)|stock (?:did|do) we (?:buy|purchase)",
        "suppliers",
        "Suppliers, warehouses and purchase orders are not part of these numbers.",
        _STOCK_NOW,
    ),
    _m(
        r"since when(?= (?:do|did|does|have|has|are|is))|(?:when|from when|at what point) (?:do|did|does|have|has)(?: [@\w]+){1,4} (?:start|begin|stop|decreas|increas|drop|fall|grow|declin|rise|risen)\w*",
        "turning points",
        "Since when something rises or falls is not looked for; its course by month is shown.",
        NEAREST_NET,
    ),
    _m(
        r"batch(?:es)?|lots?(?= (?:numbers?|nos?|codes?|\d))|lot (?:numbers?|nos?|codes?)|serial numbers?|expir\w+|best before|shelf li(?:fe|ves)|production dates?",
        "batches and expiry dates",
        "Batches, serial numbers and expiry dates are not synced.",
        _STOCK_NOW,
    ),
    _m(
        r"brands?",
        "brands",
        "Products' brands are not synced.",
        (
            "Product net sales by category",
            {"metrics": ["product_net_sales"], "dimensions": ["category"], "period": _MONTHS_12},
        ),
    ),
    _m(
        r"(?:by|per|each|which|what|most popular|top|best(?: selling)?)(?: @x\d+)? (?:colou?rs?|sizes?|materials?|tags?|styles?|flavou?rs?|scents?|attributes?)|in (?:sizes?|colou?rs?) [a-z0-9]+",
        "product attributes",
        "Products' attributes such as size, colour or tags are not kept as such; SKUs are.",
        _SKUS,
    ),
    _m(
        r"(?:wait(?:s|ed|ing)?|waiting times?) (?:for|until|till|on)(?: (?:their|the|our|a|an|my))* (?:deliver\w+|shipping|shipments?|parcels?|orders? to (?:arrive|come|ship)|goods|packages?)|deliver(?:y|ies) times?|delivered (?:late|on time)|(?:parcels?|packages?|deliver(?:y|ies)|shipments?)(?: (?:to|from|for) (?:the )?[@\w]+)? (?:arriv\w+|get there|got there)(?: \w+)?|late (?:deliver\w+|shipments?|orders)|on time|shipping (?:times?|speed|delays?|duration)|fulfil+ment(?: times?| rate)?|how (?:long|fast|quickly) (?:does|do|did|is) (?:the )?(?:delivery|shipping|shipment|dispatch)|orders? (?:are|were|is|was) late|how (?:long|fast|quickly) (?:does|do|did|until|to)(?: \w+){0,4} (?:ship|shipped|deliver|delivered|arrive|fulfil+|dispatch\w*)|tracking numbers?|track (?:my|the|an|orders?|parcels?|shipments?)|rto|return(?:ed|s)? to origin|undelivered|delivery (?:boys?|m[ae]n|guys?|partners?|persons?|drivers?|agents?)|drivers?|couriers?|carriers?|parcels?(?! of)|shipments?|(?<!units )(?<!items )(?<!pieces )(?<!we )dispatch\w*|packag\w+|in transit|lost in the mail|delayed|(?<!units )(?<!items )(?<!pieces )(?:un)?shipped(?! to (?:the )?@x| out)|delivered(?! to (?:the )?@x)|unfulfilled|fulfilled",
        "deliveries",
        "Deliveries and their times are not part of these numbers.",
        _SHIPPING,
    ),
    _m(
        r"(?:we|i) (?:paid|pay|spent|spend|gave|give)(?: [~a-z]+){0,3}? (?:freight|courier|carrier|haulage|shipping|delivery|parcel|mail|postal) (?:company|companies|firm|people|service|provider)|(?:we|i) (?:paid|pay) (?:to |for )?(?:the |our )?(?:couriers?|carriers?|post office|haulier|freight)|(?:ups|dhl|fed ?ex|usps|dpd|gls|hermes|evri|royal mail|an post|canada post|post office|carriers?|couriers?|hauliers?|forwarders?)(?: [~a-z]+){0,3} (?:charged?|bill(?:ed)?|invoiced?|cost) (?:us|me)|(?:shipping|delivery|postage) (?:costs? us|cost me|expenses?|bills?)|(?<!customers )(?<!people )(?<!buyers )(?<!shoppers )(?<!they )(?<!clients )(?:pay|paid|spend|spent|cost) (?:for|on) (?:shipping|postage|delivery)|(?:do|did|have) (?:we|i) (?:pay|paid|spend|spent) (?:in|for|on|as) (?:shipping|postage|delivery)|shipping profit",
        "shipping costs",
        "What shipping costs the shop is not synced, only what was charged for it.",
        _SHIPPING,
    ),
    _m(
        r"(?:returned|refunded|(?:came|come|comes|coming|sen[dt]|brought|given|gave|gives?|took|taken) back) (?:broken|damaged|faulty|defective|cracked|chipped)|(?:returned|refunded|refunds?|returns?|returning|(?:came|come|comes|coming|sen[dt]|brought|given|gave|took|taken) back)(?: [~a-z]+){0,2}? (?:because|due to|owing to|on account of|(?:as|for being) (?:(?:it|they|was|were|is|are|being|too) )*(?:broken|damaged|faulty|defective|wrong|small|big|large|cracked|chipped|late))|(?:broken|damaged|faulty|defective|wrong) (?:returns|refunds)|refund reasons?|return reasons?|reasons? (?:for|of|behind) (?:the |our |my )?(?:refunds?|returns?|cancell?ations?)|why (?:do|did|are|were|was|is)(?: \w+){0,4} (?:refund\w*|return\w*|cancel\w*|sent back|send back)|cancell?ation reasons?",
        "reasons of refunds",
        "Why something was given back is not synced.",
        _REFUNDS,
    ),
    _m(
        r"bank charges|(?:do|does|did) @x\d+ charge (?:us|me)|(?:payment|transaction|processing|stripe|paypal|gateway|platform|shopify|bank|card) fees?|(?<!delivery )(?<!shipping )(?<!postage )fees?|commissions?|processing costs?|(?:do|did) we pay (?:to )?@x\d+",
        "payment fees",
        "What payments cost the shop is not synced.",
        _PAYMENT,
    ),
    _m(
        r"disputes?|charge ?backs?(?= rate)|fraud\w*|risk scores?",
        "fraud and disputes",
        "Disputes and fraud are not synced.",
        _REFUNDS,
    ),
    _m(
        r"devices?|mobile(?! (?:numbers?|nos?))|desktop|phones? or|browsers?|iphones?|android|on (?:their|a|the|his|her) (?:phones?|mobiles?|smartphones?|tablets?|laptops?)|tablets?|app users?|operating systems?",
        "devices",
        "Which devices shoppers used is not synced.",
        (
            "Net sales by channel",
            {"metrics": ["net_sales"], "dimensions": ["channel"], "period": _MONTHS_12},
        ),
    ),
    _m(
        r"support tickets?|(?<!average )(?<!avg )(?<!mean )(?<!median )tickets?(?! (?:size|value|amount))|helpdesk|zendesk|response times?|chats?|live chat|inquir\w+|enquir\w+|calls received",
        "support tickets",
        "Support tickets are not synced.",
        _REFUNDS,
    ),
    _m(
        r"(?:do|does|did|are|is|have|has|were|was) (?:they|he|she|@x\d+|(?:an|the )?other (?:[a-z]+ ){1,2}?|(?:the|that) (?:[a-z]+ ){1,2}?(?:next door|down the road|across the (?:road|street)|round the corner|around the corner) ?)(?: really| actually| also| even)? ?(?:sell|selling|sold|making|make|made|earn|earning|earned|taking|take|charging|charge|cheaper|dearer|bigger|busier|better)\b(?: [~@a-z0-9]+){0,6}? than (?:we|us|ours|me|i|mine)(?=(?: (?:are|do|did|have|does|were|can))?(?: *$| ,| in @x| online| here| (?:last|this) (?:week|month|quarter|year)))|(?:is|are|was|were) (?:they|he|she) (?:cheaper|dearer|bigger|busier|better) than (?:we|us|ours|me)|(?:shops?|stores?|business(?:es)?|sellers?) (?:next door|down the road|across the (?:road|street)|(?:a)?round the corner)|competit\w+|market share|industry|benchmarks?|other (?:[a-z]+ ){0,2}(?:shops?|stores?|merchants?|sellers?|cent(?:re|er)s|roasters|retailers|brands|bakeries|boutiques|dealers|businesses|companies)|(?:do|does|did) (?:the )?other(?: [a-z]+){1,3}? (?:charge|ask|take|sell)(?= for| an?| the| @x)|rivals?|amazon|ebay|etsy|average (?:shop|store)|similar (?:shops?|stores?)",
        "other shops",
        "Only this store's own numbers are known, none of any other shop or of the market.",
        NEAREST_NET,
    ),
    _m(
        r"sq(?:uare)? ?(?:ft|feet|foot|met(?:er|re)s?|m)|floor ?space|shelf ?space",
        "floor space",
        "Nothing is known of rooms and shelves.",
        NEAREST_NET,
    ),
    _m(
        r"weather|temperatures?|(?:above|below|over|under|than) \d+ degrees|(?:hot|cold|warm|rainy|sunny|snowy|wet) (?:days?|spells?|afternoons?|mornings?|weekends?)(?! of| menu)|how (?:cold|hot|warm|wet|windy)|when it (?:is|was|gets|got) (?:hot|cold|warm|wet|sunny|raining|freezing)|snow\w*|heat ?waves?|storms?|celsius|fahrenheit|rain(?:s|y|ing)?|sunny|holidays? effect",
        "weather",
        "The weather is not in the data.",
        NEAREST_NET,
    ),
    _m(
        rf"(?:never|not(?: been| yet)*|un) ?(?:used|redeemed|applied) {CODES}|{CODES}(?: (?:that|which|who|were|was|are|is|have|has|been|did|we))* (?:never|not|nobody|no ?one)(?: (?:been|ever|get|got))* (?:used?|uses|redeemed|applied)|unused {CODES}",
        "codes without uses",
        "Codes that nobody used are in no figure; how often the others were is.",
        _COUPONS,
    ),
    _m(
        r"(?:average|avg|mean) discounts?(?: amount| value)? (?:per|an?|each) order|discounts? per order",
        "discounts per order",
        "Discounts are known in all and as a share of sales, not by order.",
        _COUPONS,
    ),
    _m(
        r"(?:average|avg|mean) (?:shipping|delivery|postage|tax|vat|gst)(?: \w+)? (?:per|an?|each|of an) order|(?:shipping|delivery|postage|tax|vat|gst)(?: \w+)? per order",
        "averages per order",
        "Shipping and taxes are known in all, not by order.",
        _SHIPPING,
    ),
    _m(
        r"gift ?cards?|tips?|gratuit\w+|store credit|loyalty points|points",
        "gift cards and tips",
        "Gift cards, tips and points are in no figure of their own.",
        (
            "Total sales by month",
            {"metrics": ["total_sales"], "grain": "month", "period": _MONTHS_12},
        ),
    ),
    _m(
        r"(?:order|invoice) (?:number |no |id )?\d{2,}|(?:largest|biggest|most expensive|priciest|smallest|cheapest|most valuable)(?: \d+)?(?: single)? orders?(?! (?:day|week|month|quarter|year|value|size))|(?:last|latest|newest|(?:most )?recent|first) \d+ orders?|(?:latest|newest) orders|orders? numbers?|single orders?|details of (?:the |an )?order|(?<!since )(?<!their )(?<!after )(?:the )?(?<!since the )(?<!since their )last (?:single )?order\b(?! date)|latest order|(?:our|the) (?:very )?first (?:order|sale)|when (?:was|did|were)(?: \w+| @x\d+){0,4} (?:the )?(?:first|last) (?:order|sale|sold|time|@x\d+)|invoices?",
        "single orders",
        "Answers are about many orders; single ones are in the list of orders.",
        NEAREST_SALES,
    ),
    _m(
        r"(?<!dead )(?<!unsold )(?<!slow )stock (?:level |quantity |value |on hand )?(?:on|in|at|as of|at the end of|~)(?: the)? ?(?:end|start|~|last)|(?:past|previous|historical|old) stock(?: levels?)?|stock history|inventory history|stock (?:over time|by month|by week|by day|last (?:week|month|year)|yesterday)|inventory (?:over time|by month|last (?:week|month|year))|(?:how much |what )?stock did we have|did (?:we|i) (?:hold|have in stock|have on hand|have on the shel(?:f|ves))|stock (?:a|one|1|2|3) \w+ ago",
        "past stock",
        "Stock is known as it is now; what it was is not kept.",
        _STOCK_NOW,
    ),
    _m(
        rf"(?:last|past|previous) \d+ (?:{'|'.join(DAYS_SAID)})|{BEST} (?:{'|'.join(DAYS_SAID)})(?: (?:ever|so far|of all time|yet|to date))+",
        "a ranking of holidays",
        "One holiday is compared with the one before; they are not ranked over the years.",
        NEAREST_NET,
    ),
    _m(
        r"(?:past|last|previous|this) (?:(?:\d|1\d|2[0-3]) )?(?:hours?|minutes?)(?! of)|(?:hour|minute|half an hour) ago|(?:by|per|each) minute",
        "hours of a day",
        "Days are the shortest period here; which hours of the day orders come in is known over many days.",
        NEAREST_SALES,
    ),
    _m(
        r"price (?:changes?|history|increases?|elasticity)|raised prices|lowered prices|prices? over time",
        "past prices",
        "Prices are known as they are now; what they were is not kept.",
        (
            "Average selling price by month",
            {"metrics": ["avg_item_price"], "grain": "month", "period": _MONTHS_12},
        ),
    ),
    _m(
        r"(?<!average )(?<!selling )(?<!item )(?<!unit )(?<!avg )prices? (?:of|for)(?! (?:an? )?(?:order|basket))|how much (?:is|are) (?:the |an? )?@x\d+(?: cost)?(?= *$)",
        "list prices",
        "List prices are not shown, only what things were sold for.",
        (
            "Average selling price by product",
            {
                "metrics": ["avg_item_price"],
                "dimensions": ["product"],
                "period": _MONTHS_12,
                "top_n": 10,
            },
        ),
    ),
    _m(
        r"how many (?:different |distinct |active |live )?(?:products|skus|categories|coupons|coupon codes|codes|variants)(?: (?:do (?:we|i) (?:have|sell|offer|carry)|are there|have we got|exist|are (?:in|on) (?:the|our) \w+))?(?= *$| in (?:the|our) (?:shop|store|catalog\w*))",
        "counts of the catalogue",
        "How many products, categories or codes there are is not counted here; what sells and what is in stock is.",
        _STOCK_NOW,
    ),
    _m(
        r"net promoter|loyalty (?:program\w*|tiers?|members?)|vip tiers?|membership\w*",
        "loyalty programmes",
        "Loyalty programmes are not synced.",
        _REPEAT,
    ),
    _m(
        r"pre ?orders?|back ?orders?|backlog",
        "pre-orders",
        "Pre-orders are not told apart from other orders.",
        _STATUS,
    ),
    _m(
        r"search (?:bar|box|terms?|queries|query|words?|field)|site search(?:es)?|searched for|(?:typed?|typing|enter(?:ed)?|key(?:ed)?) (?:in )?into (?:the |our )?(?:search|bar|box)|searches",
        "searches in the shop",
        "What people search for in the shop is not synced.",
        NEAREST_PRODUCTS,
    ),
    _m(
        r"oldest (?:stock|inventory)|(?:stock|inventory) age(?:ing)?|ag(?:ed|e of|eing) (?:our |the )?(?:stock|inventory)",
        "when goods came in",
        "When goods came into stock is not known.",
        _STOCK_NOW,
    ),
    _m(
        rf"{PEOPLE} (?:(?:who|that) )?(?:have )?(?:only|always)(?: ever)? (?:buy|bought|order|ordered|shop|shopped) (?:with|using) (?:an? |any )?{CODES}",
        "customers by the coupons of all their orders",
        "Coupons are known by order, and not by a customer's whole life.",
        _COUPONS,
    ),
    _m(
        r"reclaim\w*|input (?:tax|vat|credit)s?|deductib\w+|lawsuits?|legal|compliance|gdpr|corporate tax|income tax|tax return|tax declaration|accountant",
        "accounts",
        "Only taxes on orders are known.",
        ("Taxes by month", {"metrics": ["taxes"], "grain": "month", "period": _MONTHS_12}),
    ),
    _m(
        r"share price|stock (?:price|market)|bitcoin|crypto\w*|exchange rates?",
        "market prices",
        "Market prices are not in the data.",
        NEAREST_NET,
    ),
)

FEASTS = (
    r"diwali|deepavali|eid(?: (?:al|ul)(?: (?:fitr|adha))?)?|ramadan|ramzan|holi|navratri|onam|pongal|rakhi|raksha bandhan"
    r"|dussehra|durga puja|ganesh chaturthi|lunarnewyear|hanukkah|chanukah|passover|rosh hashanah|prime day|memorial day"
    r"|labou?r day|independence day|republic day|(?:st|saint) patricks? day|presidents day|veterans day|good friday|whitsun|pentecost"
    r"|oktoberfest|carnival|golden week|super bowl|back to school|half term|(?:bank|public|school|summer|winter) holidays?"
    r"|(?:christmas|xmas|x mas|holiday|holidays|festive|festival|wedding|peak|shopping|gifting|monsoon|harvest|tourist)"
    r" (?:season|period|shopping|rush|trade|trading|time|days|weeks?|run up|sales period)"
    r"|(?:(?:run|lead|build) up to|(?<!week )(?<!weeks )(?<!day )(?<!days )(?:before|leading up to|running up to|ahead of|around)) (?:christmas|xmas|easter|black friday|valentines(?: day)?|mothers day|halloween|new year)"
    r"|festive|festivals?|holidays"
)
"""Feasts and seasons that have no days of their own in the contract: they move, or people mean
different ones."""

CAUSES = r"\b(?:why|what (?:caused|causes|drives|drove|explains?|is causing|is behind|happened to(?! (?:(?:our|the|my) )?(?:sales|orders|revenue|turnover|refunds) (?:after|in|on|during|over|since|last|this)))|how come|what (?:made (?:[@\w]+ ){1,3}(?:fall|drop|rise|go|increase|decrease|decline|grow|jump|spike|dip)\b|led to|triggered)|reasons?|because of|cause of|root cause)\b"
GIVEN_BACK = r"\b(?:return(?:s|ed|ing)?|refund(?:s|ed|ing)|sen[dt](?:ing)?(?: (?!me\b|us\b)\S+){0,4}? back)\b"
ADVICE = r"\b(?:how (?:can|could|do|should|to|might) (?:we|i|you)? ?(?:increase|improve|boost|grow|sell more|raise|reduce|lower|get more|make more|fix|optimi\w+|avoid)|(?<!figure )(?<!number )(?<!amount )(?<!total )should (?:we|i)(?! (?:expect|find|see|count|be seeing|still have|have (?:left|collected|charged|got))\b)|shall (?:we|i)|what (?:should|can|could) (?:we|i) (?:do|improve|change|sell|stock|order|focus)|recommend\w*|suggest\w*|advice|advise|(?<!any )(?<!no )ideas?(?! (?:how|what|when))|strateg\w+|tips for|best way to|(?<!what )is it worth(?: it)?|worth it)\b|^ (?:(?:so|and|but|or) )*should (?:we|i)\b(?! expect)"
ACTIONS = r"^ (?:(?:can|could|would|will) you |please |pls |hey |hi |ok |now |just |go ahead and |i want (?:you )?to |i need (?:you )?to |let us )*(?:(?:mark|put|take|move|create|delete|remove|cancel|refund|update|change|set|edit|add|notify|publish|unpublish|hide|ship|fulfil+|increase|decrease|raise|lower|turn (?:on|off)|disable|enable|book|buy|translate|drop|insert|truncate|alter|grant|schedule|import|restock|pause|activate|deactivate|apply|archive|tag|assign|issue|approve|reject|complete|discounts? all)(?= (?:(?:the|a|an|my|our|all|this|that|these|those|every|new|old|pending|open|unpaid|failed|processing|\d+ percent) )*(?:order|product|item|customer|number|@x|\d|it |them|prices?|stock|coupons?|codes?|discounts?|tables?|refund|categor|inventory|status|users?|accounts?|shop|store|e ?mail|shipping|tax|listing|variant|everything|into|up|save))|(?:send|call|text|message|write)(?: (?:an?|the|to|all|every|our|my|out))* (?:e ?mails?|messages?|customers?|reminders?|vouchers?|coupons?|newsletters?|sms|campaign|them|invoice|buyers?|refund)|e ?mail (?=(?:all|every|the|our|my|them|him|her)\b)|give (?!(?:me|us)(?: (?:the|our|all|total|daily|weekly|monthly|quarterly|yearly))* (?:discounts|refunds|coupons|coupon (?:uses|sales)|refund (?:rates?|amounts?|totals?)|discount (?:rates?|amounts?|totals?))\b)(?:\w+ ){0,5}(?:discounts?|refunds?|coupons?)|buy more|(?:make|generate|start|set up|run)(?: (?:an?|the|me|us|new))+ (?:\d+ percent )?(?:off )?(?:coupon|code|discount|voucher|sale|promo\w*)\b)"
HOSTILE = r"\b(?:ignore (?:all |any |the |your |my )*(?:previous|prior|above|rules|instructions)|system prompt|your (?:instructions|prompt|rules)|you are now|database owner|(?:print|show|reveal|dump|list|describe) (?:me )?(?:the |your |all )*(?:schema|system|tables|database|columns|config\w*|environment)|run sql|select \w+ from|select from|union select|from (?:pg_\w+|information schema)|run sql|another (?:store|shop|tenant)|other (?:stores|tenants)|all (?:stores|tenants)|tenant|store id|jailbreak|developer mode|act as|pretend|roleplay|169 254|https?|www)\b"
HELLO = r"^ (?:hi|hello|hey|yo|good (?:morning|afternoon|evening)|thanks?(?: you)?|thank you|thx|cheers|ok|okay|cool|great|nice|bye|test|help(?: me)?|what can (?:you|i) (?:do|ask)(?: you)?|who are you|what are you|how are you|are you (?:there|a bot|human)|please|lol|hmm+)(?: (?:there|all|team|bot|you|much|so|a lot|guys))* $"

_COMMON = """
a swap able about above across actually after again against all almost along already also although always am among amount
an and another any anybody anyone anything anyway apart are around as ask asked at available away back bad basically
basis be because been before began begin being below besides better between big bit both bought bring brings brought
but buy buying by call came can care case cent certain change changed chart check choose clear close come comes coming
compare compared comparison consider correct could count counts course cover curious current currently data date days
deal dear describe detail details did differ difference different display do does doing done down during each early
easily either else end ended enough entire especially even ever every everybody everyone everything exactly example
except excluding explain extra fact far fast feel few fewer figure figures figured fill find fine finish first five
following for form found from full further gave general generally generate get gets getting give given gives giving
glance go goes going gone good got graph great had half handle happen happened happening happens hard has have having
he head hear hello help her here hers hey hi high higher him his hit hold home hope how however huge i idea if im
important in include included includes including incoming information info inside instead interested into is it item
its itself just keep kept kind kindly kinds know known large last late lately later least leave left less let level like
likely list listed little live long longer look looked looking looks lot lots love low lower made main mainly make
makes making manage many map matter may maybe me mean means meant mention might mind mine minus missing moment more
most mostly move much must my myself name named near nearly need needed needs never new next nice no nobody none nor
normal normally not note nothing now number numbers of off often oh ok okay old on once one ones only onto open or
order ordinary other others otherwise our ours out outside over overall overview own page pair part particular past
people per percent percentage perform performance performed performing perhaps period person picture piece place plain
play please pls plus plz point possible potentially prefer present pretty previous probably problem provide pull purely
put question quick quickly quite rank ranked ranking rather ratio read real really reason recent recently regarding
related remain report result results right roughly round run running said same saw say says see seeing seem seems seen
separate set several shall share she short should show showed showing shown shows side similar simple simply since
single small so some somebody somehow someone something sometimes somewhere soon sort sorted split spread start started
state stats statistics still stop story straight stuff such sum summarise summarize summary sure table take taken takes
taking talk tell term terms than thank thanks that the their theirs them themselves then there these they thing things
think this those though thought through throughout thx till time times to today together told too took top total totals
toward track tried true try trying turn twice two type types typical typically under understand unit until up update
upon us use used useful uses using usual usually value values various very via view volume want wanted wants was way
ways we week well went were what whatever when where whether which while who whoever whole whom whose why will wish
with within without won wonder wondering work worked working works worse worst would write wrong year yeah yes yet you
your yours yourself actual active approx approximately average averages basic both breakdown broken business contain
contained containing contains converted curious cut daily dashboard decent doing drop dropped drops earn earned earning
earns everything fall fell follow gain gained gains give grand group grouped groups grow growing grown growth hows
improve improved increase increased individual interval into least loss lost max maximum mid min minimum month months
monthly much my net gross nowadays offered our ourselves overall pace particular paying peak pick plot popular position
quarter quarterly range rate rates reach received record relation remaining remind result rise rising rose sell selling
sells seven shift ship shop shops show size sized slow slowest so sold solid sorted spend spending spent stand standing
steady store stores strong strongest summed therefore thus tick tops track trend trends trending unique up value versus
visual weak weakest webshop weekly whats yearly biz buddy mate pal folks guys team boss honestly literally basically
asap plzz kinda gonna wanna gotta gimme lemme dont cant anyways btw fyi imo e.g eg ie etc hmm um uh wow yup nope roughly
stuck outstanding owed tied sitting waiting unpaid waiting behave behaving doing went nope earnings taken bringing
comparing compares place placed places placing arrive come afterwards split bars bar pie line lines diagram columns
column rows row spreadsheet csv export excel drill deep dive look into wise bottom upper best order's grew grown
second seen overstocked overstock excess heard around win winback back wins ten drive driven driving sorted descending ascending highest lowest largest smallest biggest fewest most recent newest
hiya heya howdy hola greetings morning evening afternoon sup alright ta sept increasing decreasing declining falling dropping shrinking slowing improving fetch retrieve visualise visualize visualised visualized plotted charted graphed trade trading traded busier quieter slower stronger weaker later earlier fancier cheaper dearer dough dosh moolah moola wonga franc francs zloty kronor yen rupee rupees sterling dirham dirhams money cash amount price prices priced pay paid pays cost costs charge charged charges collected earn bucket buckets
company companies firm office manager owner colleague partner wife husband meeting presentation slide slides deck investor investors board quality totally completely previously whenever wherever effectively longest largely quietly training shape shapes internal supplied recorded posted logged registered booked entered say
give giving gave happening portion proportion fraction percentwise relative respectively versus against
""".split()  # noqa: SIM905
_DOMAIN = """
sales revenue turnover orders order customers customer products product items item category categories country countries
coupon coupons voucher vouchers discount discounts refund refunds refunded return returns returning returned taxes tax
shipping delivery average median basket value stock inventory sold selling sellers seller bestseller bestsellers units
quantity month months monthly week weeks weekly daily quarter quarters quarterly yearly annual year years yesterday today
weekend weekends weekday weekdays monday tuesday wednesday thursday friday saturday sunday compare compared comparison
previous period growth trend cohort cohorts retention segments segment lifetime repeat loyal churned lapsed inactive
together bought purchase purchases purchased purchasing buyers shoppers clients spend spent spenders spending payment
payments method methods status statuses cancelled canceled cancellation failed pending processing completed currency
currencies channel channels hour hours between without excluding including cumulative running velocity through share
percentage percent profit margin visitors conversion traffic abandoned carts forecast reviews ratings newsletter
subscribers advertising campaign cities region gender supplier suppliers discounted tracking device devices christmas
easter halloween valentines thanksgiving fortnight busiest slowest quietest highest lowest largest smallest biggest
worst popular revenues earnings income takings transactions products performing performance variants variant guests guest
existing typical typically shifting shifted frequency frequently combination combinations pairs seasonality breakdown distribution
spring summer autumn winter yo q hot biz anymore purposes purpose damage owe lately outsell outselling outsold mth hows dunno kindly silent dormant quiet tracking trending discounting retail grossing sku skus vs registered portion bundle bundles remaining available warehouse quickly threshold stuck outstanding gross freshness synced updated
against versus before after during except including ordered growth
""".split()  # noqa: SIM905
"""What typing errors are mended to, beside the words of metrics and of the store."""


def _domain_words() -> Iterator[str]:
    yield from _DOMAIN
    for metric in METRICS.values():
        for phrase in (*metric.words, metric.label):
            yield from phrase.lower().replace("-", " ").split()
    yield from MONTHS
    for day in DAYS:
        yield from day.split("_")
    for name in codes():
        yield from name


@cache
def own_words() -> frozenset[str]:
    """Words that have a meaning in questions, whatever a store calls its products."""
    return frozenset({*_domain_words(), *_COMMON}) - _often_names()


def _often_names() -> set[str]:
    """Words of countries are looked up as such."""
    return {word for name in codes() for word in name} - {*_DOMAIN, *_COMMON}


@cache
def english() -> frozenset[str]:
    """Words that are spelled right: those of questions, and those of what is not in the data."""
    patterns = (
        *(each.pattern for each in MISSING),
        FEASTS,
        CAUSES,
        ADVICE,
        ACTIONS,
        HOSTILE,
        HELLO,
    )
    from backshop.insights.planning import clauses, limits, phrasing, spans, times
    from backshop.insights.planning.metrics import IDIOMS

    patterns += tuple(each.pattern for each in IDIOMS)
    patterns += phrasing.words()
    named = {word for each in patterns for word in re.findall(r"[a-z]{3,}", each)}
    named |= clauses.words() | limits.words() | spans.words() | times.words()
    return frozenset({*_domain_words(), *_COMMON, *CHAT, *named, *places.words()})


@cache
def targets() -> dict[int, tuple[str, ...]]:
    return by_length(_domain_words())
