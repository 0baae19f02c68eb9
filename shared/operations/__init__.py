"""What needs an operator, and what was decided?"""
