"""One file per kind of step; `shared/conversations/bot/engine.py` holds the table."""
