"""Through which doors does the world come in? One file per room; `edge` reads, answers and settles."""
