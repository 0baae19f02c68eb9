"""The countries in the order in which patients are dealt out to them."""

from local.sample.countries.brazil import BRAZIL
from local.sample.countries.britain import BRITAIN
from local.sample.countries.country import Country
from local.sample.countries.spain import SPAIN
from local.sample.countries.sweden import SWEDEN

COUNTRIES: tuple[Country, ...] = (BRAZIL, SWEDEN, BRITAIN, SPAIN)
