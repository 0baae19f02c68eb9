"""What is the number, of one patient or of all, and as of when?"""
