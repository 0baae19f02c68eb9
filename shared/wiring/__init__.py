"""Which adapter serves which room, and which queue carries which announcement?"""
