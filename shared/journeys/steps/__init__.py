"""One file per kind of step; `shared/journeys/engine.py` holds the table."""
