"""What goods are called, made of and look like, and who uses them: spelled right, and so no slip of
the pen for what this store has (`cables` are no candles)."""

from __future__ import annotations

THINGS = frozenset(
    """
    adapter adapters almond almonds amp amps apple apples apron aprons aquarium babies baby
    backpack bag bags ball balloon balloons balls balm balms bamboo banana bananas banner banners
    basil baskets bat bathroom bats batteries battery bead beads beanie beans bed bedroom beds
    beef beer beers beige belt belts bench berries berry bib bibs bike bikes bikini bin bins bird
    birds biscuit biscuits bitter black blade blades blanket blankets bleach blender block blocks
    blouse blue blush bolt bolts book books boot boots bottle bottles bowl bowls box boxes boy
    boys bra bracelet bracelets brake brakes bras brass bread brick bricks bronze brooch broom
    brown brush brushes bulb bulbs butter button buttons cable cables cake cakes calendar
    calendars camera cameras candies candle candles candlestick candy canvas cap caps capsule
    capsules card cardamom cardigan cards carpet carpets cart cases cashew cat cats ceiling cement
    ceramic cereal chai chain chains chair chairs charger chargers charm charms cheap cheese
    cherries cherry chicken child children chip chips chocolate chutney cider cinnamon clean
    cleanser clock clocks cloth cloths coaster coasters coat coats coconut coffee coffees cold
    collar collars comb combs conditioner confetti cookie cookies cool cooler coolers copper cot
    cotton covers cracker crackers crate crates cream crib cup cups curry curtain curtains curved
    cushion cushions custom dal dates deluxe deodorant desk desks detergent diamond diamonds
    diaper diapers dirty dish dishes dog dogs doll dolls door doors dress dresses dried drink
    drinks drone drones drum drums dry dupatta duvet earbuds earring earrings easel egg eggs
    engine engines envelope envelopes epoxy eyeliner fabric fabrics fan fans fence fig filter
    filters fish fishing flask flour flower flowers flute foam folder folders food foods fork
    forks formula foundation fountain fragrance frame frames freezer fresh fridge frozen game
    games garden garland garlands garlic gem gems ghee gin ginger girl girls glass glasses glove
    gloves glue gold golden granola grape grapes gray grease green grey grinder grout guitar
    guitars hammer handles hat hats headphone headphones heater heavy helmet helmets herb herbs
    hinge hinges honey hoodie hoodies hook hooks horse horses hose hoses incense ivory jacket
    jackets jam jar jars jeans journal journals jug juice juices jumbo jumper kayak kennel ketchup
    kettle kettles key keyboard keyboards keys kid kids kit kitchen kits knife knives kurta kurtas
    ladder lamb lamp lamps lantern laptop laptops leash leather leggings lehenga lemon lemons lens
    lenses lentil lentils lid lids light lights lime limes linen lipstick lipsticks litter lock
    locks lotion lotions lure lures luxury man mango mangoes marker markers masala mascara mask
    masks mat mats mattress meal meals meat medical men metal mice milk mill mills mini mint
    mirror mirrors mixer monitor monitors monkey mop mops motor motors mouse muesli mustard nail
    nails napkin napkins nappies nappy navy necklace necklaces needle needles noodle noodles
    notebook notebooks nuts oats oil oilcloth olive olives onion onions orange organic ornament
    ornaments oval oven ovens pack packs paddle paint paints pan panel panels pans paper papers
    parts pasta peach peaches pear pearl pearls pears pedal pedals pen pencil pencils pendant pens
    pepper perfume perfumes pet pets phone phones piano pickle pickles picks pillow pillows pills
    pink pipe pipes pitcher placemat plank planks planner planners plant planter planters plants
    plaster plastic plate plates plum plums porcelain pork poster posters pot potato potatoes pots
    powder pram premium primer print printer printers prints protein pump pumps purifier purple
    purse puzzle puzzles pyjamas rack racket racks raincoat raisin rake rattle razor razors red
    reel reels resin ribbon ribbons rice ring rings robe robes rod rods roof rope ropes rosemary
    roses router routers rubber rug rugs ruler rulers rum saddle saddles saffron salmon salt
    sandal sandals saree sarees sauce scale scales scarf scarves scissors scooter screw screws
    scrub scrubs sealant sealer seed seeds sensor sensors serum serums sets shampoo sharp sheet
    sheets shelf shelves shirt shirts shoe shoes shorts shrimp silk silver skateboard skirt skirts
    sleeping slipper slippers smooth snack snacks sneaker sneakers soap soaps sock socks soda sofa
    sofas soft soil soup sour spade spaghetti spare speaker speakers spice spices spicy sponge
    sponges spoon spoons square stamp stamps static steel stick sticker stickers sticks stool
    stools stove string strings striped stroller studio sugar suitcase sunglasses sunscreen
    supplement supplements sweater sweaters sweet swimsuit syrup tables tablet tablets tank tanks
    tape tapes tea teal teapot teas tent tents thermos thick thin thread threads tie ties tile
    tiles timber tin tins tiny tire tires tissue tissues toaster toddler tomato tomatoes toner
    tool tools toothbrush toothpaste towel towels toy toys tray trays tripod trolley trousers
    tshirt tube tubes tulip tumbler tumblers tuna turmeric turquoise tyre tyres umbrella umbrellas
    underwear uniform vacuum valve valves vanilla vase vases vegan velvet vinegar violet violin
    vitamin vitamins vodka wall wallet wallets walls walnut warm watch watches water wax wet wheel
    wheels whisky white wick wicks window windows wine wines woman women wood wooden wool woollen
    wreath wreaths yarn yellow yogurt zip zips
    """.split()  # noqa: SIM905
)
