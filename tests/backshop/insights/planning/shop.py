"""The shop that the questions are about, and how questions and their queries are written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from backshop.insights.planning.models import Known

STATUSES = (
    "cancelled",
    "completed",
    "failed",
    "on-hold",
    "pending",
    "processing",
    "refunded",
)
"""Of a WooCommerce shop that has made no others."""

TODAY = date(2025, 12, 15)
KNOWN = Known(
    products=(
        "Lavender Candle",
        "Vanilla Candle",
        "Pumpkin Candle",
        "Cedar Reed Diffuser",
        "Rose Soap Bar",
        "Oat Milk Soap Bar",
        "Travel Mug",
        "Ceramic Mug Large",
        "Linen Apron",
        "Gift Box Small",
        "Gift Box Large",
        "Blue Hoodie",
        "Grey Hoodie",
        "Wool Socks",
        "Organic Cotton T-Shirt",
    ),
    categories=("Candles", "Soap", "Mugs", "Home Fragrance", "Gifts", "Apparel"),
    skus=("CND-LAV-01", "CND-VAN-01", "MUG-TRV-09", "HOOD-BLU-M", "SOCK-77"),
    coupons=("SAVE10", "WELCOME15", "BLACKFRI25", "summer20", "FRIENDS"),
    countries=("AT", "CA", "CH", "DE", "FR", "GB", "IT", "JP", "NL", "US"),
    currencies=("EUR", "USD"),
    statuses=("cancelled", "completed", "failed", "on-hold", "pending", "processing", "refunded"),
    payment_methods=("bacs", "cod", "paypal", "stripe"),
    channels=("pos", "web"),
    currency="USD",
)
TEA = Known(
    products=(
        "Masala Chai 250 g",
        "Masala Chai 1 kg",
        "Darjeeling First Flush",
        "Assam Gold",
        "Earl Grey Tea Bags",
        "Nilgiri Frost Tea",
        "Kashmiri Kahwa",
        "Steel Tumbler Set",
        "Copper Bottle 1 L",
        "Brass Lamp",
        "Mango Pickle",
        "Lime Pickle",
        "Cardamom Rusk",
        "Tea Strainer",
        "Glass Teapot 600 ml",
        "Diwali Gift Hamper",
        "Kurta Indigo / M",
        "Kurta Indigo / L",
        "Monthly Tea Box",
    ),
    categories=(
        "Black Tea",
        "Green Tea",
        "Herbal Infusions",
        "Teaware",
        "Pickles & Preserves",
        "Gift Hampers",
        "Clothing",
    ),
    skus=("TEA-MC-250", "TEA-DJ-FF", "POT-600", "KUR-IND-M"),
    coupons=("CHAI20", "FIRSTCUP", "DIWALI25", "FREESHIP", "VIP-2025", "MONSOON"),
    countries=("AE", "DE", "GB", "IN", "SG", "US"),
    currencies=("INR",),
    statuses=("paid", "partially_refunded", "pending", "refunded", "voided"),
    payment_methods=("Cash on Delivery (COD)", "Razorpay", "paypal", "upi"),
    channels=("online_store", "pos"),
    currency="INR",
)
BIKES = Known(
    products=(
        "City Bike 28",
        "Gravel Bike",
        "Kids Bike 20 inch",
        "Road Helmet Größe M",
        "Kids Helmet",
        "Bike Bell",
        "Inner Tube 28",
        "LED Light Set",
        "Pannier Bag",
        "Cycling Shoes 42",
        "Floor Pump",
    ),
    categories=("Bikes", "Helmets", "Accessories", "Shoes", "Spare Parts"),
    skus=("BK-CITY-28", "HLM-RD-M", "ACC-0042"),
    coupons=("RIDE15", "SPRING5", "HELMETDAY"),
    countries=("AT", "CH", "DE", "GB", "US"),
    currencies=("CHF", "EUR"),
    statuses=("Cancelled", "Delivered", "PaymentAuthorized", "PaymentSettled", "Shipped"),
    payment_methods=("invoice", "klarna-pay-later", "stripe-card"),
    channels=("__default_channel__", "swiss"),
    currency="EUR",
)
COSMETICS = Known(
    products=(
        "Rose Hip Face Oil 30 ml",
        "Vitamin C Serum",
        "Vitamin C Serum Refill",
        "French Green Clay Mask",
        "Swiss Apple Eye Cream",
        "Turkish Delight Lip Balm",
        "Daily Order Face Wash",
        "Return to Glow Night Cream",
        "Net Bath Sponge",
        "Hand Cream – Oat & Honey",
        "Hand Cream – Fig & Cassis",
        "Lipstick No. 7 (Ruby Red)",
        "Lipstick No. 12 (Nude)",
        "Men's Beard Oil",
        "Shea Body Butter 200ml",
        "SPF 50 Sun Milk",
        "Advent Calendar 2025",
        "Starter Kit",
        "Bamboo Brush Set (5 pcs)",
    ),
    categories=(
        "Skin Care",
        "Make-up",
        "Hair & Body",
        "Sun Care",
        "Men's Grooming",
        "Tools & Accessories",
        "Gift Sets",
    ),
    skus=("SRM-VC-30", "LIP-07-RUB", "HC-OAT-75", "BRSH-5"),
    coupons=("glow10", "welcome", "mum2mum", "BFCM-2025", "tiktok15", "SORRY5"),
    countries=("AU", "CA", "DE", "FR", "GB", "IE", "IN", "US"),
    currencies=("GBP",),
    statuses=("cancelled", "completed", "failed", "on-hold", "pending", "processing", "refunded"),
    payment_methods=("bacs", "klarna", "paypal", "stripe"),
    channels=("pos", "tiktok", "web"),
    currency="GBP",
)
TILES = Known(
    products=(
        "Zellige Tile 4x4 - Weathered White",
        "Zellige Tile 4x4 - Emerald",
        "Subway Tile, Glossy (3x6)",
        'Terracotta Hex 8"',
        "Carrara Marble Herringbone",
        'Spanish Cement Tile "Sevilla"',
        "Moroccan Fish Scale - Teal",
        "Penny Round Mosaic",
        "Grout, Sanded 10 lb",
        "Grout Sealer 1 qt",
        'Tile Spacers 1/8" (250 ct)',
        'Diamond Blade 4.5"',
        "Sample Box (5 tiles)",
        "Pool Tile Cobalt",
        "Net Mesh Backing",
        "Total Grip Adhesive",
        "Average Joe Trowel",
    ),
    categories=("Ceramic", "Natural Stone", "Cement", "Mosaics", "Tools & Supplies", "Samples"),
    skus=("ZEL-44-WW", "ZEL-44-EM", "SUB-36-GL", "GRT-10-SND"),
    coupons=("TRADE10", "spring-sale", "freeship", "Contractor15", "welcome5"),
    countries=("AU", "CA", "GB", "MX", "US"),
    currencies=("USD",),
    statuses=("authorized", "paid", "partially_refunded", "pending", "refunded", "voided"),
    payment_methods=("affirm", "bank_deposit", "paypal", "shopify_payments"),
    channels=("draft_orders", "online_store", "pos"),
    currency="USD",
)

PLANTS = Known(
    products=(
        "Monstera Deliciosa",
        "Snake Plant Small",
        "Snake Plant Large",
        "Peace Lily",
        "Olive Tree 120 cm",
        "Succulent Trio",
        "Terracotta Pot 14 cm",
        "Terracotta Pot 20 cm",
        "Self-Watering Planter",
        "Potting Mix 10 L",
        "Orchid Food",
        "Pruning Shears",
        "Watering Can Copper",
        "Grow Light Bar",
        "New Year Mystery Box",
    ),
    categories=("Indoor Plants", "Outdoor Plants", "Pots & Planters", "Soil & Feed", "Tools"),
    skus=("PLT-MON-01", "POT-TC-14", "SOIL-10", "TOOL-SHR"),
    coupons=("PLANTLOVE", "GREEN15", "newleaf", "BOXING20", "FALL5"),
    countries=("CA", "FR", "GB", "MX", "US"),
    currencies=("CAD",),
    statuses=("cancelled", "completed", "failed", "on-hold", "pending", "processing", "refunded"),
    payment_methods=("cheque", "interac", "paypal", "stripe"),
    channels=("pos", "web"),
    currency="CAD",
)

COFFEE = Known(
    products=(
        "House Blend 250 g",
        "House Blend 1 kg",
        "Ethiopia Guji",
        "Colombia Huila Decaf",
        "Sumatra Dark Roast",
        "Cold Brew Can",
        "Cold Brew Concentrate",
        "Hand Grinder",
        "Pour Over Kettle",
        "Paper Filters (100)",
        "Enamel Camp Cup",
        "Barista Apron",
        "Espresso Tamper 58 mm",
        "Tasting Set",
        "Advent Coffee Calendar",
    ),
    categories=("Coffee", "Cold Drinks", "Brewing Gear", "Cups & Mugs", "Merch"),
    skus=("HB-250", "HB-1000", "ETH-GUJ", "GRN-HAND"),
    coupons=("BEANS10", "firstbrew", "DECAF20", "XMAS24", "loyalty5"),
    countries=("AU", "DE", "GB", "JP", "NZ", "US"),
    currencies=("AUD", "NZD"),
    statuses=("authorized", "paid", "partially_refunded", "pending", "refunded", "voided"),
    payment_methods=("afterpay", "paypal", "shopify_payments"),
    channels=("online_store", "pos", "wholesale"),
    currency="NZD",
)

PAPER = Known(
    products=(
        "Dotted Notebook A5",
        "Lined Notebook A5",
        "Lined Notebook A4",
        "Fountain Pen Classic",
        "Fountain Pen Ink Blue",
        "Gel Pen Set",
        "Washi Tape Trio",
        "Weekly Planner 2026",
        "Desk Pad Leather",
        "Sticker Sheet Fox",
        "Greeting Card Birthday",
        "Wax Seal Kit",
        "Brush Pen Black",
    ),
    categories=("Notebooks", "Pens & Ink", "Planners", "Cards", "Accessories"),
    skus=("NB-A5-DOT", "NB-A4-LIN", "INK-BLU", "WAX-01"),
    coupons=("PAPER10", "backtoschool", "STUDY15", "HELLO5"),
    countries=("AT", "BE", "DE", "ES", "FR", "NL"),
    currencies=("EUR",),
    statuses=("cancelled", "completed", "failed", "on-hold", "pending", "processing", "refunded"),
    payment_methods=("klarna", "paypal", "sepa", "stripe"),
    channels=("marketplace", "web"),
    currency="EUR",
)


PETS = Known(
    products=(
        "Salmon Kibble 2 kg",
        "Salmon Kibble 10 kg",
        "Duck Treats",
        "Catnip Mouse",
        "Rope Tug Toy",
        "Squeaky Duck",
        "Orthopedic Dog Bed M",
        "Orthopedic Dog Bed L",
        "Cat Tree Deluxe",
        "Clumping Litter 15 L",
        "Reflective Leash",
        "Puppy Harness S",
        "Aquarium Filter",
        "Bird Seed Mix",
        "Grooming Brush",
        "Holiday Stocking for Dogs",
    ),
    categories=("Dog Food", "Cat Supplies", "Toys", "Beds", "Walking Gear", "Small Pets"),
    skus=("KIB-SAL-2", "BED-ORT-L", "TOY-ROPE", "LIT-15"),
    coupons=("PUPPY10", "meow5", "SPRING25", "COMEBACK20"),
    countries=("AU", "NZ", "SG", "GB", "US"),
    currencies=("AUD",),
    statuses=("cancelled", "completed", "failed", "on-hold", "pending", "processing", "refunded"),
    payment_methods=("afterpay", "paypal", "stripe", "zip"),
    channels=("pos", "web"),
    currency="AUD",
)

WAX = Known(
    products=(
        "Lavender Dusk Candle",
        "Cedar & Smoke Candle",
        "Vanilla Bean Candle",
        "Sea Salt Candle",
        "Beeswax Pillar",
        "Ivory Taper Pair",
        "Forest Green Taper Pair",
        "Rose Wax Melt",
        "Citrus Wax Melt",
        "Amber Reed Diffuser",
        "Fig Reed Diffuser",
        "Wick Trimmer",
        "Brass Snuffer",
        "Match Cloche",
        "Starter Gift Box",
        "Winter Gift Box",
    ),
    categories=(
        "Scented Candles",
        "Pillars & Tapers",
        "Wax Melts",
        "Diffusers",
        "Accessories",
        "Gift Sets",
    ),
    skus=(
        "LAV-08",
        "CED-08",
        "VAN-08",
        "SEA-08",
        "BW-PIL",
        "TAP-IV",
        "TAP-FG",
        "MLT-RS",
        "MLT-CT",
        "DIF-AM",
        "DIF-FG",
        "ACC-WT",
        "ACC-SN",
        "ACC-MC",
        "GFT-ST",
        "GFT-WN",
    ),
    coupons=(
        "WELCOME10",
        "COZY15",
        "FREESHIP",
        "MOM20",
        "VIP25",
    ),
    countries=(
        "AU",
        "CA",
        "DE",
        "GB",
        "US",
    ),
    currencies=("USD",),
    statuses=STATUSES,
    payment_methods=(
        "cod",
        "paypal",
        "stripe",
    ),
    currency="USD",
)
TOYS = Known(
    products=(
        "Wooden Train Set",
        "Stacking Rings",
        "Marble Run",
        "Plush Bear",
        "Plush Rabbit",
        "Plush Fox",
        "Memory Game",
        "Treasure Hunt Game",
        "Dinosaur Puzzle",
        "World Map Puzzle",
        "Rainbow Kite",
        "Sandbox Set",
        "Balance Bike",
        "Watercolour Set",
        "Finger Paints",
    ),
    categories=(
        "Wooden Toys",
        "Plush",
        "Board Games",
        "Puzzles",
        "Outdoor",
        "Arts & Crafts",
    ),
    skus=(
        "TRN-01",
        "STK-02",
        "MRB-03",
        "PLB-01",
        "PLR-02",
        "PLF-03",
        "GAM-01",
        "GAM-02",
        "PUZ-10",
        "PUZ-20",
        "OUT-01",
        "OUT-02",
        "OUT-03",
        "ART-01",
        "ART-02",
    ),
    coupons=(
        "HALLO5",
        "SCHULE10",
        "BIRTHDAY15",
        "SOMMER20",
        "OMA10",
    ),
    countries=(
        "AT",
        "BE",
        "CH",
        "DE",
        "FR",
        "IT",
        "NL",
    ),
    currencies=("EUR",),
    statuses=STATUSES,
    payment_methods=(
        "bacs",
        "klarna",
        "paypal",
        "stripe",
    ),
    currency="EUR",
)
KITCHEN = Known(
    products=(
        "Chef Knife 20 cm",
        "Paring Knife",
        "Bread Knife",
        "Carbon Steel Pan 28 cm",
        "Cast Iron Skillet",
        "Copper Saucepan",
        "Oak Chopping Board",
        "Walnut Chopping Board",
        "Linen Apron",
        "Tea Towel Trio",
        "Whetstone 1000/6000",
        "Honing Rod",
        "Pepper Mill",
        "Stoneware Bowl",
        "Espresso Cup Set",
    ),
    categories=(
        "Knives",
        "Pans",
        "Boards",
        "Textiles",
        "Sharpening",
        "Tableware",
    ),
    skus=(
        "KN-20",
        "KN-09",
        "KN-25",
        "PN-28",
        "PN-CI",
        "PN-CU",
        "BD-OK",
        "BD-WN",
        "TX-AP",
        "TX-TT",
        "SH-16",
        "SH-HR",
        "TB-PM",
        "TB-BW",
        "TB-EC",
    ),
    coupons=(
        "NEWCOOK10",
        "SHARP15",
        "SUNDAYROAST",
        "TRADE20",
        "FREEPOST",
    ),
    countries=(
        "DE",
        "FR",
        "GB",
        "IE",
        "NL",
        "SE",
        "US",
    ),
    currencies=("GBP",),
    statuses=STATUSES,
    payment_methods=(
        "klarna",
        "paypal",
        "stripe",
    ),
    currency="GBP",
)
YARN = Known(
    products=(
        "Merino DK Skein",
        "Alpaca Lace Skein",
        "Mohair Silk Skein",
        "Cotton Aran Ball",
        "Sock Yarn Speckle",
        "Bamboo Needles 4 mm",
        "Circular Needles 80 cm",
        "Crochet Hook Set",
        "Stitch Markers",
        "Row Counter",
        "Blocking Mats",
        "Beanie Kit",
        "Baby Blanket Kit",
        "Shawl Pattern",
        "Cardigan Pattern",
        "Project Bag",
    ),
    categories=(
        "Yarn",
        "Needles",
        "Hooks",
        "Notions",
        "Kits",
        "Patterns",
        "Bags",
    ),
    skus=(
        "YRN-MDK",
        "YRN-ALP",
        "YRN-MOH",
        "YRN-CTN",
        "YRN-SCK",
        "NDL-B4",
        "NDL-C80",
        "HKS-01",
        "NOT-SM",
        "NOT-RC",
        "NOT-BM",
        "KIT-BN",
        "KIT-BB",
        "PAT-SH",
        "PAT-CD",
        "BAG-01",
    ),
    coupons=(
        "FIRSTSKEIN",
        "WINTER15",
        "KNITCLUB",
        "EOFY20",
        "SHIPFREE",
    ),
    countries=(
        "AU",
        "GB",
        "JP",
        "NZ",
        "SG",
        "US",
    ),
    currencies=("AUD",),
    statuses=STATUSES,
    payment_methods=(
        "afterpay",
        "paypal",
        "stripe",
    ),
    currency="AUD",
)
PARTS = Known(
    products=(
        "11-Speed Chain",
        "12-Speed Chain",
        "Disc Brake Pads",
        "Brake Cable Kit",
        "Hydraulic Brake Set",
        "Gravel Tire 700x40",
        "Road Tire 700x28",
        "Inner Tube 29",
        "Tubeless Sealant",
        "Comfort Saddle",
        "Race Saddle",
        "Flat Pedals",
        "Clipless Pedals",
        "Front Light 800",
        "Rear Light",
        "Multi Tool",
        "Floor Pump",
    ),
    categories=(
        "Chains",
        "Brakes",
        "Tires",
        "Saddles",
        "Pedals",
        "Lights",
        "Tools",
    ),
    skus=(
        "CHN-11",
        "CHN-12",
        "BRK-DP",
        "BRK-CK",
        "BRK-HS",
        "TIR-G40",
        "TIR-R28",
        "TIR-T29",
        "TIR-SL",
        "SAD-CF",
        "SAD-RC",
        "PED-FL",
        "PED-CL",
        "LGT-F8",
        "LGT-RR",
        "TLS-MT",
        "TLS-FP",
    ),
    coupons=(
        "RIDE10",
        "SPRING20",
        "CLUB15",
        "NEWRIDER",
        "SHIPIT",
    ),
    countries=(
        "CA",
        "DE",
        "GB",
        "JP",
        "MX",
        "US",
    ),
    currencies=("USD",),
    statuses=STATUSES,
    payment_methods=(
        "affirm",
        "paypal",
        "stripe",
    ),
    currency="USD",
)
LEAVES = Known(
    products=(
        "Breakfast Blend",
        "Earl Grey",
        "Assam Gold",
        "Smoked Lapsang",
        "Sencha",
        "Jasmine Pearls",
        "Matcha Tin 30 g",
        "Peppermint",
        "Chamomile Sleep",
        "Rooibos Vanilla",
        "Glass Teapot",
        "Cast Iron Teapot",
        "Bamboo Whisk",
        "Tea Strainer",
        "Advent Calendar",
        "Tasting Box",
    ),
    categories=(
        "Black Tea",
        "Green Tea",
        "Herbal Tea",
        "Teaware",
        "Gift Boxes",
    ),
    skus=(
        "BLK-BB",
        "BLK-EG",
        "BLK-AG",
        "BLK-SL",
        "GRN-SE",
        "GRN-JP",
        "GRN-MA",
        "HRB-PM",
        "HRB-CH",
        "HRB-RV",
        "TW-GT",
        "TW-CI",
        "TW-BW",
        "TW-ST",
        "GB-ADV",
        "GB-TST",
    ),
    coupons=(
        "CUPPA10",
        "TEATIME15",
        "ADVENT20",
        "FRIEND5",
        "HELLOTEA",
    ),
    countries=(
        "DE",
        "ES",
        "FR",
        "GB",
        "IE",
        "US",
    ),
    currencies=("EUR",),
    statuses=STATUSES,
    payment_methods=(
        "bacs",
        "paypal",
        "stripe",
    ),
    currency="EUR",
)

SEEDS = Known(
    products=(
        "Heirloom Tomato Mix",
        "Purple Carrot",
        "Snow Pea",
        "Butternut Squash",
        "Wildflower Blend",
        "Sweet Pea",
        "Sunflower Giant",
        "Blue Cornflower",
        "Basil Genovese",
        "Coriander",
        "Flat Parsley",
        "Hand Trowel",
        "Pruning Shears",
        "Dibber Set",
        "Watering Can 5 L",
        "Seaweed Feed 1 L",
        "Seed Compost 10 L",
        "Worm Castings",
    ),
    categories=(
        "Vegetable Seeds",
        "Flower Seeds",
        "Herb Seeds",
        "Tools",
        "Soil & Feed",
    ),
    skus=(
        "VEG-TOM",
        "VEG-CAR",
        "VEG-SNP",
        "VEG-BUT",
        "FLW-WLD",
        "FLW-SWP",
        "FLW-SUN",
        "FLW-COR",
        "HRB-BAS",
        "HRB-COR",
        "HRB-PAR",
        "TL-TRW",
        "TL-PRU",
        "TL-DIB",
        "TL-CAN",
        "SF-SEA",
        "SF-CMP",
        "SF-WRM",
    ),
    coupons=(
        "SPROUT10",
        "KIAORA",
        "SPADE20",
        "BLOOM15",
        "MATES5",
    ),
    countries=(
        "AU",
        "CA",
        "GB",
        "NZ",
        "SG",
        "US",
    ),
    currencies=("NZD",),
    statuses=(
        "pending",
        "authorized",
        "paid",
        "partially_paid",
        "partially_refunded",
        "refunded",
        "voided",
    ),
    payment_methods=(
        "shopify_payments",
        "paypal",
        "afterpay",
        "bank_deposit",
    ),
    currency="NZD",
)
PUPPIES = Known(
    products=(
        "Salmon Kibble 5 kg",
        "Puppy Kibble 2 kg",
        "Senior Kibble 5 kg",
        "Beef Stew Can",
        "Tuna Pate",
        "Chicken Pate",
        "Kitten Kibble 1 kg",
        "Bison Jerky",
        "Peanut Biscuits",
        "Dental Sticks",
        "Catnip Crunchies",
        "Rope Tug",
        "Squeaky Moose",
        "Feather Wand",
        "Orthopedic Bed L",
        "Cave Bed",
        "Reflective Leash",
        "Hands-Free Leash",
        "Poop Bags 200",
    ),
    categories=(
        "Dog Food",
        "Cat Food",
        "Treats",
        "Toys",
        "Beds",
        "Walking",
    ),
    skus=(
        "DF-SAL5",
        "DF-PUP2",
        "DF-SEN5",
        "DF-BEEF",
        "CF-TUNA",
        "CF-CHIC",
        "CF-KIT1",
        "TR-BIS",
        "TR-PEA",
        "TR-DEN",
        "TR-CAT",
        "TY-ROPE",
        "TY-MOOSE",
        "TY-WAND",
        "BD-ORT",
        "BD-CAVE",
        "WK-REF",
        "WK-HF",
        "WK-BAG",
    ),
    coupons=(
        "GOODBOY10",
        "MEOW15",
        "FETCH20",
        "ADOPT5",
        "WELCOMEPUP",
    ),
    countries=(
        "AU",
        "CA",
        "FR",
        "GB",
        "US",
    ),
    currencies=("CAD",),
    statuses=STATUSES,
    payment_methods=(
        "stripe",
        "paypal",
        "bacs",
    ),
    currency="CAD",
)
OUTDOOR = Known(
    products=(
        "Ridge Tent 2P",
        "Dome Tent 4P",
        "Tarp Light",
        "Down Sleeping Bag",
        "Summer Sleeping Bag",
        "Foam Mat",
        "Air Mat",
        "Daypack 20 L",
        "Trek Pack 55 L",
        "Dry Sack 10 L",
        "Gas Stove",
        "Titanium Mug",
        "Spork",
        "Cook Set Duo",
        "Merino Base Layer",
        "Wool Socks",
        "Rain Shell",
        "Fleece Hoodie",
    ),
    categories=(
        "Tents",
        "Sleeping",
        "Backpacks",
        "Cooking",
        "Clothing",
    ),
    skus=(
        "TNT-RDG2",
        "TNT-DOM4",
        "TNT-TARP",
        "SLP-DOWN",
        "SLP-SUM",
        "SLP-FOAM",
        "SLP-AIR",
        "BPK-20",
        "BPK-55",
        "BPK-DRY",
        "CK-STV",
        "CK-MUG",
        "CK-SPK",
        "CK-DUO",
        "CL-MER",
        "CL-SOX",
        "CL-RAIN",
        "CL-FLC",
    ),
    coupons=(
        "TUR10",
        "FJELL20",
        "SOMMER15",
        "KLUBB5",
        "VELKOMMEN",
    ),
    countries=(
        "DE",
        "DK",
        "FI",
        "NL",
        "NO",
        "SE",
    ),
    currencies=("NOK",),
    statuses=(
        "pending",
        "pending_payment",
        "processing",
        "complete",
        "closed",
        "canceled",
        "holded",
    ),
    payment_methods=(
        "vipps",
        "klarna",
        "stripe",
        "banktransfer",
    ),
    currency="NOK",
)
SET_ASIDE: tuple[tuple[str, Known, date], ...] = (
    ("set_aside.txt", KNOWN, TODAY),
    ("set_aside_candles.txt", KNOWN, TODAY),
    ("set_aside_tea.txt", TEA, TODAY),
    ("set_aside_bikes.txt", BIKES, TODAY),
    ("set_aside_last.txt", KNOWN, TODAY),
    ("set_aside_voices.txt", KNOWN, TODAY),
    ("set_aside_voices2.txt", KNOWN, TODAY),
    ("set_aside_voices3.txt", BIKES, TODAY),
    ("set_aside_voices4.txt", KNOWN, TODAY),
    ("set_aside_voices5.txt", TEA, TODAY),
    ("set_aside_voices6.txt", KNOWN, TODAY),
    ("set_aside_voices7.txt", BIKES, TODAY),
    ("set_aside_voices8.txt", KNOWN, TODAY),
    ("set_aside_voices9.txt", TEA, TODAY),
    ("set_aside_voices10.txt", KNOWN, TODAY),
    ("set_aside_voices11.txt", COSMETICS, TODAY),
    ("set_aside_voices12.txt", TILES, TODAY),
    ("set_aside_voices13.txt", KNOWN, TODAY),
    ("set_aside_voices14.txt", BIKES, TODAY),
    ("set_aside_voices15.txt", PLANTS, TODAY),
    ("set_aside_voices16.txt", COFFEE, TODAY),
    ("set_aside_voices17.txt", PAPER, TODAY),
    ("set_aside_voices18.txt", TEA, TODAY),
    ("set_aside_voices19.txt", PETS, TODAY),
    ("set_aside_voices20.txt", PLANTS, TODAY),
    ("set_aside_voices21.txt", KNOWN, TODAY),
    ("set_aside_voices22.txt", KNOWN, TODAY),
    ("set_aside_voices23.txt", KNOWN, TODAY),
    ("set_aside_voices24.txt", KNOWN, TODAY),
    ("set_aside_voices25.txt", KNOWN, TODAY),
    ("set_aside_voices26.txt", KNOWN, TODAY),
    ("set_aside_voices27.txt", KNOWN, TODAY),
    ("set_aside_voices28.txt", KNOWN, TODAY),
    ("set_aside_voices29.txt", WAX, date(2026, 3, 18)),
    ("set_aside_voices30.txt", TOYS, date(2025, 10, 9)),
    ("set_aside_voices31.txt", KITCHEN, date(2026, 6, 23)),
    ("set_aside_voices32.txt", YARN, date(2025, 8, 27)),
    ("set_aside_voices33.txt", PARTS, date(2026, 4, 22)),
    ("set_aside_voices34.txt", LEAVES, date(2025, 11, 19)),
    ("set_aside_voices35.txt", SEEDS, date(2026, 2, 11)),
    ("set_aside_voices36.txt", PUPPIES, date(2025, 9, 16)),
    ("set_aside_voices37.txt", OUTDOOR, date(2026, 5, 28)),
)
"""Questions that are set aside, whose shop they are about, and when."""


@dataclass(frozen=True)
class Expected:
    """A question with the query that it means, or with what is missing; `before` is the question
    that it follows."""

    text: str
    query: dict[str, Any] | None = None
    missing: tuple[str, ...] = ()
    chart: str = ""
    before: tuple[str, ...] = field(default=())
    shop: Known = KNOWN
    day: date = TODAY


def questions(name: str, shop: Known = KNOWN, day: date = TODAY) -> Iterator[Expected]:
    chain: list[str] = []
    for line in (Path(__file__).parent / name).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = [each.strip() for each in line.split("|")]
        text = parts[0].removeprefix(">").strip()
        chain = [*chain, text] if line.startswith(">") else [text]
        yield replace(written(parts, shop, tuple(chain[:-1]), text), day=day)


def written(
    parts: list[str], shop: Known, before: tuple[str, ...] = (), text: str | None = None
) -> Expected:
    """A question and its meaning, as they stand in a line between its bars."""
    text = parts[0] if text is None else text
    if parts[1].startswith("!"):
        return Expected(text, None, tuple(_list(parts[1][1:])), "", before, shop)
    return Expected(text, _query(parts), (), parts[7], before, shop)


def _query(parts: list[str]) -> dict[str, Any]:
    metrics, dimensions, grain, period, filters, top_n = parts[1:7]
    return {
        "metrics": _list(metrics),
        "dimensions": _list(dimensions),
        "grain": grain or None,
        "period": _period(period),
        "filters": [filter_of(each) for each in filters.split(";") if each.strip()],
        "top_n": int(top_n) if top_n else None,
    }


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _period(text: str) -> dict[str, Any] | None:
    text, _, compare = text.partition(" vs ")
    words = text.split()
    made: dict[str, Any]
    match words:
        case ["null"]:
            return None
        case ["all"]:
            made = {"type": "all_time"}
        case ["cal", unit, offset]:
            made = {"type": "calendar", "unit": unit, "offset": int(offset)}
        case ["last", n, unit]:
            made = {"type": "last_n", "n": int(n), "unit": unit}
        case ["range", start, end]:
            made = {"type": "range", "start": start, "end": end}
        case ["month", name]:
            made = {"type": "named_month", "name": name}
        case ["quarter", quarter]:
            made = {"type": "named_quarter", "quarter": int(quarter)}
        case ["day", name, offset]:
            made = {"type": "named_day", "name": name, "offset": int(offset)}
        case _:
            raise ValueError(text)
    return made | ({"compare": compare} if compare else {})


def filter_of(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"\s*(\w+) (=|!=|in|contains|<=|>=|<|>) (.+?)\s*", text)
    assert found, text
    return {"field": found[1], "op": found[2], "value": _value(found[3], found[2])}


def _value(text: str, op: str) -> Any:
    if op == "in":
        return [_value(each, "=") for each in text.split(",")]
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text
