"""Telephone numbers that can ring nobody, in as many as a million patients need.

First come the numbers a regulator keeps for film and television: Ofcom's 07700 900000-900999 and 01632
960000-960999, PTS's 070-1740605 to 1740699 and 08-46500400 to 46500499, and 555-0100 to 555-0199 behind every
North American area code. When those are used up, and where a country keeps none, the numbers stand in parts
of the national plan that have not been given out: Brazil has no area code 20, no Spanish number begins with 2
or 3, no British one with 04 or 06, no Swedish one with 0710 or 0711. All have a possible length, so they are
stored, keyed and sent to like any other.
"""

from dataclasses import dataclass

_STEP = 7919  # a prime that divides no block's size: neighbours get numbers far apart, and none twice


@dataclass(frozen=True, slots=True)
class Block:
    """`size` numbers: a prefix, and what is counted from `first` in so many digits."""

    prefix: str
    digits: int
    size: int
    first: int = 0

    def number(self, nth: int) -> str:
        return f"{self.prefix}{self.first + nth * _STEP % self.size:0{self.digits}d}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A country's blocks, in the order in which they are used."""

    mobile: tuple[Block, ...]
    landline: tuple[Block, ...]


_PLANS = {
    "GB": Plan(
        mobile=(Block("+447700900", 3, 1_000), Block("+444", 9, 10**9)),
        landline=(Block("+441632960", 3, 1_000), Block("+446", 9, 10**9)),
    ),
    "SE": Plan(
        mobile=(Block("+4670174", 4, 95, first=605), Block("+46710", 6, 10**6)),
        landline=(Block("+468465004", 2, 100), Block("+46711", 6, 10**6)),
    ),
    "BR": Plan(mobile=(Block("+55209", 8, 10**8),), landline=(Block("+55203", 7, 10**7),)),
    "ES": Plan(mobile=(Block("+342", 8, 10**8),), landline=(Block("+343", 8, 10**8),)),
}

_AREA_CODES = (
    "201202203205206207208209210212213214215216217218219220223224225228229231234239240248251252253254256260262267269"
    "270272276281301302303304305307308309310312313314315316317318319320321323325330331334336337339341346347351352360"
    "361364385386401402404405406407408409410412413414415417419423424425430432434435440442443458463464469470475478479"
    "480484501502503504505507508509510512513515516517518520530531534539540541551559561562563567570571573574575580585"
    "586601602603605606607608609610612614615616617618619620623626628629630631636641646650651657660661662667669678681"
    "682701702703704706707708712713714715716717718719720724725727730731732734737740747754757760762763765769770772773"
    "774775779781785786801802803804805806808810812813814815816817818828830831832843845847848850854856857858859860862"
    "863864865870872878901903904906907908909910912913914915916917918919920925928929930931934936937938940941947949951"
    "952954956959970971972973978979980984985989"
)
"""North American area codes in the United States, three digits each."""


def mobile(country: str, nth: int) -> str:
    """Give the `nth` mobile number of a country in E.164; North American where we know no plan of it."""
    plan = _PLANS.get(country)
    return _from(plan.mobile, nth) if plan else _north_american(nth)


def landline(country: str, nth: int) -> str:
    """Give the `nth` number of a country that takes no text messages, in E.164."""
    plan = _PLANS.get(country)
    return _from(plan.landline, nth) if plan else _north_american(nth)


def _from(blocks: tuple[Block, ...], nth: int) -> str:
    for block in blocks[:-1]:
        if nth < block.size:
            return block.number(nth)
        nth -= block.size
    return blocks[-1].number(nth)


def _north_american(nth: int) -> str:
    area, line = divmod(nth * _STEP % (len(_AREA_CODES) // 3 * 100), 100)
    return f"+1{_AREA_CODES[area * 3 : area * 3 + 3]}55501{line:02d}"
