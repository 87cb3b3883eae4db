"""Countries as people write them: name, people or adjective, and short forms, by ISO code."""

from __future__ import annotations

from functools import cache

_NAMES = """
AE united arab emirates|uae|emirates|emirati|dubai
AF afghanistan|afghan
AL albania|albanian
AM armenia|armenian
AO angola|angolan
AR argentina|argentinian|argentine
AT austria|austrian|austrians
AU australia|australian|australians|aussie|aussies|aussies
AZ azerbaijan|azerbaijani
BA bosnia|bosnia and herzegovina|bosnian
BD bangladesh|bangladeshi
BE belgium|belgian|belgians
BG bulgaria|bulgarian
BH bahrain|bahraini
BO bolivia|bolivian
BR brazil|brasil|brazilian|brazilians
BY belarus|belarusian
CA canada|canadian|canadians
CH switzerland|swiss
CL chile|chilean
CM cameroon
CN china|chinese|prc
CO colombia|colombian
CR costa rica|costa rican
CU cuba|cuban
CY cyprus|cypriot
CZ czechia|czech republic|czech|czechs
DE germany|german|germans|deutschland
DK denmark|danish|danes|danes
DO dominican republic
DZ algeria|algerian
EC ecuador|ecuadorian
EE estonia|estonian
EG egypt|egyptian
ES spain|spanish|espana|spaniards
ET ethiopia|ethiopian
FI finland|finnish|finns|finns
FR france|french|frenchmen
GB united kingdom|uk|great britain|britain|british|england|english|brits|britons|scotland|scottish|wales|u.k.
GE georgia|georgian
GH ghana|ghanaian
GR greece|greek|greeks
GT guatemala
HK hong kong
HN honduras
HR croatia|croatian
HU hungary|hungarian
ID indonesia|indonesian
IE ireland|irish|eire|irishmen
IL israel|israeli
IN india|indian|indians
IQ iraq|iraqi
IR iran|iranian
IS iceland|icelandic
IT italy|italian|italians|italia
JM jamaica|jamaican
JO jordan|jordanian
JP japan|japanese
KE kenya|kenyan
KH cambodia|cambodian
KR south korea|korea|korean
KW kuwait|kuwaiti
KZ kazakhstan|kazakh
LB lebanon|lebanese
LI liechtenstein
LK sri lanka|sri lankan
LT lithuania|lithuanian
LU luxembourg
LV latvia|latvian
LY libya|libyan
MA morocco|moroccan
MC monaco
MD moldova|moldovan
ME montenegro
MK north macedonia|macedonia
MM myanmar|burma
MN mongolia|mongolian
MO macau|macao
MT malta|maltese
MU mauritius
MV maldives
MX mexico|mexican|mexicans
MY malaysia|malaysian
MZ mozambique
NA namibia|namibian
NG nigeria|nigerian
NI nicaragua
NL netherlands|the netherlands|holland|dutch|dutchmen
NO norway|norwegian|norwegians
NP nepal|nepalese
NZ new zealand|kiwi|kiwis
OM oman|omani
PA panama|panamanian
PE peru|peruvian
PH philippines|filipino
PK pakistan|pakistani
PL poland|polish|poles
PR puerto rico
PT portugal|portuguese
PY paraguay
QA qatar|qatari
RO romania|romanian
RS serbia|serbian
RU russia|russian|russians
RW rwanda
SA saudi arabia|saudi
SE sweden|swedish|swedes
SG singapore|singaporean
SI slovenia|slovenian
SK slovakia|slovak
SN senegal
SV el salvador
TH thailand|thai
TN tunisia|tunisian
TR turkey|turkish|turkiye
TW taiwan|taiwanese
TZ tanzania|tanzanian
UA ukraine|ukrainian
UG uganda|ugandan
US united states|united states of america|usa|america|american|americans|the states|u.s.|u.s.a.|yanks
UY uruguay
UZ uzbekistan
VE venezuela|venezuelan
VN vietnam|vietnamese
ZA south africa|south african
ZM zambia
ZW zimbabwe
"""


@cache
def codes() -> dict[tuple[str, ...], str]:
    """By the words of a name."""
    found = {}
    for line in _NAMES.split("\n"):
        code, _, names = line.partition(" ")
        for name in filter(None, names.split("|")):
            found[tuple(name.replace(".", " ").split())] = code
    return found


@cache
def name(code: str) -> str:
    """As it stands in a sentence; the code itself where it is not one of these."""
    for line in _NAMES.split("\n"):
        if line.startswith(code + " "):
            first = line[3:].split("|")[0]
            small = ("and", "of", "the")
            return " ".join(each if each in small else each.capitalize() for each in first.split())
    return code
