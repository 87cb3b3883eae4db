"""What people say around their questions: feelings, opinions, adverbs, exclamations, who asked.
Such words carry no figure, class, period or condition, and may be left over. Words of what else
goes on are spelled right, but may be a name, too."""

from __future__ import annotations

CHAT = frozenset(
    """
    aah abroad absolutely absurd admin admittedly afraid agenda aha ahem alas allegedly alone aloud altogether
    amazing amongst angry annoyed annoying anyhow anyroad anywhere apparently apprentice argh argue argued argues
    arguing argument asking assistant assume assumed assuming attempt attempts auditor aunt auntie awesome awful
    banker bankers basically beginning belief bet bets betting bizarre bleak blimey blogger bloke blokes bloody
    bluntly bookkeeper bored boring bother bothered bothering boyfriend breath briefly brilliant bro bruv bugging
    busy candidly carrying casually certainly chaos chap chaps chatted chatting cheekily chore chores claim claimed
    claims clearly clueless complained complaining complains concern concerning concerns confused confusing
    consultant continuing convinced cousin crap crappy craziness crazy crikey crossed crying curiosity curiously
    damn dancing darling daydreaming deadline deadlines dear decide decided decides deciding decision decisions
    definitely delighted dentist desperate desperately despite dire disappointed disappointing disappointingly
    discuss discussed discussing discussion doubt doubts downstairs drafting drama dreadful dreaming driver dude
    dudes eager eagerly earth effort elsewhere emailed emailing encouraging ending entirely errand errands eventual
    eventually everywhere evidently excited exhausted explained explaining extremely fabulous fairly fantastic favor
    favour feeling feelings fella fellas fiance filing finally fingers finished finishing folks forget forgot
    forgotten fortunately frankly frantic freezing frenzied friend friends fun funny furthermore fuss geez genuinely
    girlfriend glad golly goodness gorgeous gosh gossip gradually grandma grandpa granny grateful grim grumbling hang
    guess guessed guessing happier happily happy hassle headache heavens heavily heck hectic hell henceforth hereby
    hilarious homework honor honour hooray hoped hopeful hopefully hopeless hopes hoping horrible hunch hurrah hurry
    ideally immediately importantly impression impressive impressively incredible incredibly indoors influencer
    initially insane insist insisted insists instantly instinct interestingly intern interns ironically jeez joke
    jokes juggling keen lad lads landlady landlord lass lastly laughing lawyer lazy lightly likewise lively loosely
    lousy lovely luck luckily lugging lying maam mad madam madness manic marvellous marvelous meanwhile meet meets
    melting memo merely mess messaged messaging met mister moaning moreover mustnt nagging naturally necessarily
    neck neednt neighbor neighbors neighbour neighbours nephew nerves nervous nevertheless nicely niece nightmare
    nonetheless noted notice noticeably noticed noticing nowadays nowhere obviously occasionally odd oddly
    officially ooh oops opinion opinions optimistic ordinarily originally otherwise ought overdue overly painfully
    paperwork particularly patience patiently peaceful personally pessimistic pestering phew phoned phoning pitch
    pitching pity planned planning pleased plumber politely possibly posting postman precisely preparation prepare
    prepared preparing presenting presumably promising promptly pronto properly proud puzzled queueing queuing
    randomly rang ranting rarely raving reasonably reassuringly reckon reckoned reckoning reckons regardless
    regularly relatively reluctantly remember remembered remembering remembers remind reminded reminds remotely
    respectfully ridiculous ridiculously rumor rumors rumour rumours rung sadly sake scared sceptical scrambling
    screaming scribbling secretly seemingly seriously shabby shame shocked shocking shortly shouting significantly
    silly sincerely singing sir sitting skeptical sleepy slightly slowly smoothly someday sometime somewhat sorely
    sorry sorting specifically speedily splendid spouse standing starting steadily strange strangely stressed
    strictly strongly struggle struggling stunned stunning stupid suddenly superb supervisor suppose supposed
    supposedly supremely surely surprised surprising surprisingly suspect suspects suspicion suspicious swear swears
    sweating sweetie swiftly swore task tasks technically tentatively terrible terribly texted texting thankfully
    theory thoroughly thousandth thrilled tidying tired traditionally tragically truly ugh ultimately umpteenth
    unbelievable uncle undoubtedly unexpectedly unfortunately unpacking unreal unsure upcoming upset upstairs
    utterly vaguely vastly virtually waiting waking weird weirdly whatnot whatsoever whereby whilst whispering whoa
    whoops wild wildly wisely wish wished wishes wonderful worried worry worrying worryingly writing written wrote
    yay yesterdays yikes
    """.split()  # noqa: SIM905
)
EVENTS = frozenset(
    """
    airport anniversaries anniversary article attic audit barbecue basement bathroom birthday birthdays boiling
    breakfast brother brothers brunch builder builders christening church cinema class classes college competitor
    competitors computer concert conference courier course courses daughter daughters dinner distributor doctor
    document documents electrician fair fairs flight flights funeral garage goat gym heatwave holiday horse hospital
    hotel insurance interview kitchen kitten lecture lesson lessons loan lorry lunch magazine marathon meeting
    mortgage movie newspaper nurse nursery parcel parcels parties party pension picnic podcast pony post project
    projects puppy queue radio roof salary screenshot shed sheep sister sisters snow son sons stall stallholder
    stalls storm teacher television theatre train travel trip trips truck tv university vacation van warehouse
    wedding weddings wholesaler workshop
    """.split()  # noqa: SIM905
)
