"""What would a person want to see of the house on their own machine?"""
