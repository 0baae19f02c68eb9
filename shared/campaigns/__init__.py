"""Who gets this, when, and at what pace?"""
