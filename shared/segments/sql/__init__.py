"""One file per sort of rule, giving it as an SQL expression; `shared/segments/population.py` joins them."""
