"""Who is in this group, since when, and why?"""
