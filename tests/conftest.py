"""What holds for every test."""

from hypothesis import settings

settings.register_profile("house", deadline=None, print_blob=True)  # no test is judged by the clock
settings.load_profile("house")
