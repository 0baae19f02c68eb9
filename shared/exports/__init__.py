"""What leaves the house as files, of whom, and for what purpose?"""
