"""One file per kind of condition; `shared/triggers/matching.py` holds the table."""
