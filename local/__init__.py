"""The house on a laptop: the host that stands in for Azure Functions, sample data, and the story."""

import gc

NEW_BEFORE_A_SEARCH = 20_000
"""Objects made since the last search for cycles; Python's own 700 are made by a single change."""

gc.set_threshold(NEW_BEFORE_A_SEARCH)  # first of all: searching what is being loaded took a tenth of a start
