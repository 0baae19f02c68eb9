"""Where is this patient in this journey, and what is next?"""
