"""Does this change start something?"""
