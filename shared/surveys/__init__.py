"""What did they answer, and does it need someone?"""
