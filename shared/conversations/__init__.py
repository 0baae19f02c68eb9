"""Who is talking to whom, and who owns the talk? Bot, handoff, transcript and lifecycle."""
