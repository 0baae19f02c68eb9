"""What does the bot that ships with us say, and what does it understand (BH-1…BH-7)?"""
