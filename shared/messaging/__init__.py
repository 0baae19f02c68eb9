"""Can this message go to this person now, and did it arrive?"""
