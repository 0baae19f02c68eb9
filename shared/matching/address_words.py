"""How words of addresses and of organisations are spelt, and which of them say nothing (UN-6)."""

_SPELLINGS = """
street st str strasse
road rd
avenue av ave avn
boulevard blvd bvd
lane ln
drive dr drv
court ct crt
place pl plz
square sq
terrace ter terr
crescent cres cr
close cl
highway hwy
parkway pkwy
circle cir
way wy
apartment apt appt
suite ste
floor fl flr
building bldg
room rm
unit un
house hse
north n
south s
east e
west w
northeast ne
northwest nw
southeast se
southwest sw
saint snt
mount mt
fort ft
post pst
platz ptz
allee all
weg wg
"""

ADDRESS_WORDS = {
    form: line.split()[0] for line in _SPELLINGS.split("\n") if line.strip() for form in line.split()
}
GERMAN_STREET = ("strasse", "str")
"""How a German street ends where it is written as one word."""

_NOISE = """
the and of co company corp corporation inc incorporated ltd limited llc llp lp plc gmbh ag kg ohg ev sa sarl
sas spa srl bv nv oy ab as aps pty trust foundation group holding holdings
"""
ORGANISATION_NOISE = frozenset(_NOISE.split())
"""Words of an organisation's name by which nobody tells it from another."""
