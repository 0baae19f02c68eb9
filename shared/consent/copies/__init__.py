"""Who of a patient's family is copied on what we write, and wants to be? (PA-9)."""
