"""Which slots, whose bookings, and which visits by video?"""
