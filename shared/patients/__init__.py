"""Who is this person, what do we know of them, and how do we reach them?"""
