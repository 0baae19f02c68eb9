"""Can we show who did what to whom, and why?"""
