"""Which person takes this work? Queues, skills, capacity, presence and overflow."""
