"""What goods are called, made of and look like, and who uses them: spelled right, and so no slip of
the pen for what this store has (`cables` are no candles)."""

from __future__ import annotations

THINGS = frozenset(
    """
    accordion acorn adapter adapters agave alarm album alcohol ale almond almonds alpaca amber
    amethyst amp amps anchor anklet anvil apparel apple apples apricot apron aprons aquarium
    archery armchair artichoke artwork asparagus atlas avocado axe axes babies baby backpack
    bag bagel bagels bags bakeware balaclava ball ballet balloon balloons balls balm balms
    bamboo banana bananas bandage bandana bangle bangles banjo banner banners bark barley
    barrel basil baskets bass bassinet bat bathrobe bathroom bats batteries battery bauble
    baubles bead beads beanie beans bed bedroom beds beef beer beers beige bell bells belt
    belts bench berets berries berry bib bibs bidet bike bikes bikini bin binoculars bins bird
    birdcage birds biscuit biscuits bitter black blackboard blade blades blanket blankets
    blazer blazers bleach blender blinds block blocks blouse blue blueberry blush boiler
    bolster bolt bolts bonbon bonbons bonnet book bookcase bookmark bookmarks books boot boots
    bottle bottles bouquet bouquets bourbon bow bowl bowls bows bowtie box boxes boy boys bra
    bracelet bracelets brake brakes bras brass bread brick bricks broccoli bronze brooch
    brooches broom brown brownie brownies brush brushes buckle bulb bulbs bulldozer bun bunk
    bunting burger burgers burlap burner butter button buttons cabbage cabinet cabinets cable
    cables cactus cake cakes cakestand calculator calendar calendars calico calligraphy camera
    cameras camping candelabra candies candle candles candlestick candy canister canvas cap
    caps capsule capsules carafe caramel caramels card cardamom cardigan cards carpet carpets
    carrier carrot carrots cart cases cashew cashmere casserole cat catnip cats cauliflower
    caviar ceiling celery cello cement ceramic cereal chai chain chains chair chairs chalk
    chalkboard champagne chandelier charger chargers charm charms cheap cheese cheesecake
    chenille cherries cherry chess chicken child children chilli chip chips chisel chives
    chocolate choker chopsticks chutney cider cigar cigars cinnamon clarinet clay clean
    cleanser cleats clips cloak clock clocks clogs cloth cloths cloves clutch coaster coasters
    coat coats cocktail cocktails cocoa coconut coffee coffees cold collagen collar collars
    comb combs compass compost concealer conditioner confetti cookbook cookie cookies cool
    cooler coolers copper cork corkscrew corn corset cot cotton couch couscous covers crab
    cracker crackers cranberry crate crates crayon crayons cream crib crochet croissant
    croissants crossbow crowbar cruiser crystal crystals cucumber cufflinks cup cupcake
    cupcakes cups curler curry curtain curtains curved cushion cushions custard custom cutlery
    cymbals dal dart darts dates decanter decking deluxe denim deodorant desk desks detergent
    diamond diamonds diaper diapers dice dinnerware dinosaur dirty dish dishes dishwasher
    distiller dog dogs doll dolls door doormat doors doughnut doughnuts dowel dragonfruit
    dreamcatcher dress dresser dresses dressing dried drills drink drinks drone drones drum
    drums dry dryer duck dumbbell dumbbells dungarees dupatta duster dustpan duvet earbuds
    earmuffs earplugs earring earrings easel egg eggplant eggs elastic elderflower embroidery
    emerald engine engines envelope envelopes epoxy espadrilles espresso eyeliner eyeshadow
    fabric fabrics fan fans feather feathers felt fence fender fern ferns fertiliser
    fertilizer fiddle fig figurine figurines filter filters firewood fish fishing flask fleece
    flipflops floss flour flower flowers flute flutes foam folder folders fondue food foods
    footstool fork forklift forks formula foundation fountain foxglove fragrance frame frames
    freesia freezer fresh fridge frozen fudge futon gaiters galoshes game games garden garland
    garlands garlic gasket gazebo gelato gem gems ghee gherkin gin ginger gingham girl girls
    glass glasses glitter globe glove gloves glue gnocchi goblet goggles gold golden golf gong
    gouache gown gowns granite granola grape grapes graphite gray grease green grey grill
    grills grinder grout guitar guitars gumboots gumdrops gypsum hacksaw hair hairbrush
    hairdryer hairpin hairspray halter ham hammer hammock hamper hampers handbag handbags
    handcuffs handkerchief handles hanger hangers harmonica harness harp hat hats headband
    headlamp headlight headphone headphones heater heavy heels helmet helmets henna herb herbs
    hibiscus highlighter hinge hinges hockey hoe holster honey hoodie hoodies hook hooks hoop
    hops horse horses hose hoses hummus hyacinth icing incense inkjet inkwell insole insoles
    iris iron ironing ivory jacket jackets jade jam jar jars jasmine javelin jeans jelly jerky
    jerseys jewellery jewelry journal journals joystick jug juice juicer juices jumbo jumper
    jumpsuit jute kaftan kale kayak kebab kefir kennel ketchup kettle kettles key keyboard
    keyboards keys kid kids kilt kimchi kimono kit kitchen kits knife knives kohl kombucha
    kurta kurtas lace lacquer ladder ladle lager lamb lamp lamps lampshade lantern lanyard
    laptop laptops lasagna latte lavender leash leather leek leggings lehenga lemon lemons
    lens lenses lentil lentils leotard letterbox lettuce lichen licorice lid lids light lights
    lilac lily lime limes linen linoleum lipstick lipsticks litter loafers lobster lock locket
    locks loom lotion lotions lozenge lubricant lupin lure lures luxury macaron macaroni
    macarons magnet magnets mahogany mallet man mandolin mango mangoes marble marbles
    margarine marigold marker markers marmalade marshmallow marzipan masala mascara mask masks
    mastic mat matcha mats mattress mayonnaise mead meal meals meat meatballs medical
    megaphone melon men merino metal mice microphone microscope microwave milk mill millet
    mills mini mint mirror mirrors mitten mittens mixer moccasins mocha moisturiser
    moisturizer molasses monitor monitors monkey mop mops mosaic mosquito motor motors mouse
    mousepad mousse muesli muffin muffins mug mugs mulch mushroom mushrooms muslin mustard
    nachos nail nails napkin napkins nappies nappy navy necklace necklaces nectar needle
    needles noodle noodles notebook notebooks nougat nutmeg nuts nylon oak oats oboe octagon
    oil oilcloth olive olives omelette onion onions opal orange oregano organic origami
    ornament ornaments ottoman oval oven ovens overalls oyster oysters pack packs paddle
    padlock paint paints pajamas palette pan pancake pancakes panel panels pannier pans paper
    papers paprika parasol parka parsley parsnip parts pasta pastries pastry patio pavlova
    peach peaches pear pearl pearls pears pecan pecans pedal pedals pelmet pen pencil pencils
    pendant pens peony pepper peppermint perfume perfumes pet pets petunia pewter phone phones
    piano pickaxe pickle pickles picks pies pillow pillows pills pinata pineapple pink pipe
    pipes pistachio pitcher pizza pizzas placemat plaid plank planks planner planners plant
    planter planters plants plaster plastic plate plates platter playmat plectrum pliers plug
    plugs plum plums plywood pocketknife pods pomegranate poncho popcorn poppy porcelain pork
    porridge poster posters pot potato potatoes potion potpourri pots powder pram premium
    pretzel pretzels primer print printer printers prints projector prosecco protein
    protractor prune prunes pudding pumice pump pumpkin pumps puppet puppets purifier purple
    purse puzzle puzzles pyjamas quartz quiche quilt quilts quince quinoa rack racket racks
    radiator radio radish raft raincoat raisin rake raspberry rattle ravioli razor razors
    recorder red reel reels relish remote resin rhubarb ribbon ribbons ribs rice ring rings
    risotto robe robes robot robots rocket rod rods roller rollerblades roof rope ropes rosary
    rosemary roses router routers rowing rubber ruby rucksack rucksacks rug rugs ruler rulers
    rum rye sachet sachets sack saddle saddles saffron sage sail salad salami salmon salsa
    salt sandal sandals sander sandpaper sapphire sardines saree sarees sari sash sauce
    sausage sausages saxophone scaffold scale scales scarf scarves scissors scooter screw
    screwdriver screws scrub scrubs scythe sealant sealer seaweed seed seeds sensor sensors
    sequin sequins serum serums sesame sets sewing shale shampoo sharp shawl shawls sheet
    sheets shelf shelves sherry shin shirt shirts shoe shoes shorts shovel shovels shower
    shrimp shutters sickle sidecar sieve silk silver sink skateboard skates skillet skirt
    skirts skis slate sleeping sleigh slime slipper slippers sloe smock smooth snack snacks
    sneaker sneakers snorkel snowboard snowman soap soaps soapstone sock socks soda sofa
    sofabed sofas soft soil sombrero sorbet soup sour spade spaghetti spanner spare spatula
    speaker speakers spearmint speedometer sphere spice spices spicy spinach spinner spirits
    sponge sponges spoon spoons spray sprinkler square squash squid stamp stamps stapler
    static statue statues steak steaks steel stencil stick sticker stickers sticks stiletto
    stockings stool stools stopwatch stove strainer straw strawberry straws string strings
    striped stroller strudel studio suede sugar suitcase sunflower sunglasses sunhat sunscreen
    supplement supplements surfboard suspenders swaddle sweater sweaters sweet swimsuit swing
    swivel sword swords syrup tablecloth tables tablet tablets tambourine tangerine tank tanks
    tape tapes tapestry tarot tart tarts tassel tea teak teal teapot teas teddy telescope tent
    tents terracotta thermometer thermos thermostat thick thimble thin thread threads thyme
    tiara tie ties tights tile tiles timber tin tins tinsel tiny tire tires tissue tissues
    toaster toddler toffee tofu tomahawk tomato tomatoes toner tongs tonic tool tools
    toothbrush toothpaste topaz torch torches tortilla tote totes towel towels toy toys
    tractor trampoline tray trays trellis tricycle tripod trolley trombone trophy trousers
    trout trowel truffle truffles trumpet tshirt tuba tube tubes tulip tulips tumbler tumblers
    tuna tunic turmeric turquoise tutu tuxedo tweed tweezers twine tyre tyres ukulele umbrella
    umbrellas underwear unicycle uniform urn utensil utensils vacuum valve valves vanilla
    vanity varnish vase vaseline vases vegan veil velvet vermouth vest vests vinegar vinyl
    viola violet violin visor vitamin vitamins vodka waffle waffles waistcoat wall wallet
    wallets walls walnut wardrobe warm wasabi watch watches water wax webcam wedges wellies
    wet wetsuit wheel wheelbarrow wheels whisk whisky whistle white wick wicks wig wigs window
    windows wine wines wok woks woman women wood wooden wool woollen worktop wreath wreaths
    wrench wrenches xylophone yacht yarn yeast yellow yoghurt yogurt yoyo zebra zinc zip zips
    zither zucchini
    """.split()  # noqa: SIM905
)
