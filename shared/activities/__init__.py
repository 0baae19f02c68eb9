"""What has this patient done, and what was done with them, wherever it happened?"""
