"""What must a person do, by when, and whose is it?"""
