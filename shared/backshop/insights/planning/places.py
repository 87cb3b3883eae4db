"""Cities and parts of countries as people type them: what is kept of addresses is the country
alone, so that a question about one of these has no answer. Names that are also ordinary words
(`nice`, `reading`, `mobile`) are not among them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from backshop.insights.planning.patterns import Pattern, compiled

_PLACES = """
amsterdam|antwerp|athens|auckland|baden|bangkok|barcelona|basel|beijing|belfast|belgrade|bergen|berlin|bern|bilbao
birmingham|bologna|bonn|bordeaux|bratislava|bremen|bristol|brussels|bucharest|budapest|cairo|calgary|cape town|cardiff
chicago|cologne|copenhagen|dallas|denver|detroit|dortmund|dresden|dublin|duesseldorf|dusseldorf|düsseldorf|edinburgh
edmonton|eindhoven|essen|florence|frankfurt|gdansk|geneva|genoa|ghent|glasgow|gothenburg|graz|hamburg|hanover|hannover
heidelberg|helsinki|houston|innsbruck|istanbul|jakarta|johannesburg|karlsruhe|kiel|koeln|köln|krakow|kyoto|lagos|lausanne
leeds|leicester|leipzig|lille|linz|lisbon|liverpool|ljubljana|london|los angeles|lyon|lyons|madrid|mainz|malaga|malmo
manchester|manila|mannheim|marseille|melbourne|miami|milan|milano|minneapolis|montreal|moscow|muenchen|munich|münchen
münster|nantes|naples|new york|new york city|newcastle|nottingham|nuremberg|nürnberg|nyc|osaka|oslo|ottawa|oxford|paris
perth|philadelphia|pittsburgh|porto|portland|potsdam|prague|rennes|riga|rio de janeiro|rome|rotterdam|saint petersburg
salzburg|san antonio|san diego|san francisco|san jose|sao paulo|seattle|seoul|seville|shanghai|sheffield|shenzhen|sofia
southampton|stockholm|strasbourg|stuttgart|sydney|tallinn|the hague|tokyo|toronto|toulouse|turin|utrecht|valencia
vancouver|venice|vienna|vilnius|warsaw|wellington|wien|wiesbaden|winnipeg|winterthur|wroclaw|yokohama|zagreb|zurich|zürich
adelaide|brisbane|canberra|gold coast|hobart|sapporo|nagoya|fukuoka|hanoi|ho chi minh city|kuala lumpur|abu dhabi|sharjah
agra|ahmedabad|amritsar|aurangabad|bangalore|bengaluru|bhopal|bhubaneswar|calcutta|chandigarh|chennai|cochin|coimbatore
dehradun|delhi|new delhi|ghaziabad|goa|gurgaon|gurugram|guwahati|hyderabad|indore|jaipur|jodhpur|kanpur|kochi|kolkata
lucknow|ludhiana|madurai|mangalore|mumbai|bombay|mysore|mysuru|nagpur|nashik|noida|patna|pondicherry|pune|raipur|rajkot
ranchi|surat|thane|trivandrum|udaipur|vadodara|varanasi|vijayawada|visakhapatnam|vizag|karachi|lahore|dhaka|colombo
alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|hawaii|idaho|illinois|indiana|iowa|kansas
kentucky|louisiana|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire
new jersey|new mexico|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina
south dakota|tennessee|texas|utah|vermont|virginia|west virginia|wisconsin|wyoming|washington|atlanta|austin|boston
brooklyn|manhattan|las vegas|new orleans|orlando|phoenix|sacramento|salt lake city|tampa|baltimore|charlotte|nashville
alberta|british columbia|manitoba|newfoundland|nova scotia|ontario|quebec|québec|saskatchewan|queensland|victoria
new south wales|tasmania|western australia|baden württemberg|baden wuerttemberg|bavaria|bayern|brandenburg|hesse|hessen
lower saxony|niedersachsen|north rhine westphalia|nrw|nordrhein westfalen|rhineland palatinate|saarland|saxony|sachsen
schleswig holstein|thuringia|thüringen|tyrol|tirol|carinthia|styria|andalusia|catalonia|brittany|normandy|provence
lombardy|tuscany|sicily|sardinia|veneto|flanders|wallonia|cornwall|devon|essex|kent|surrey|sussex|yorkshire|lancashire
midlands|east anglia|england|scotland|wales|northern ireland|andhra pradesh|arunachal pradesh|assam|bihar|chhattisgarh
gujarat|haryana|himachal pradesh|jharkhand|karnataka|kashmir|kerala|madhya pradesh|maharashtra|manipur|meghalaya|mizoram
nagaland|odisha|punjab|rajasthan|sikkim|tamil nadu|telangana|tripura|uttar pradesh|uttarakhand|west bengal
"""


@cache
def _pattern() -> Pattern:
    names = sorted((each for each in re.split(r"[|\n]", _PLACES) if each), key=len, reverse=True)
    return compiled(rf"(?<![\w@])(?:{'|'.join(names)})(?!\w)")


@cache
def words() -> frozenset[str]:
    """Words that are spelled right in their names."""
    return frozenset(re.findall(r"\w+", _PLACES))


def has_one(line: str, is_of_store: Callable[[str], bool]) -> bool:
    """Whether the line names a place, and not by a word of one of the store's products (`Assam
    Gold`)."""
    return any(not all(map(is_of_store, found[0].split())) for found in _pattern().finditer(line))
