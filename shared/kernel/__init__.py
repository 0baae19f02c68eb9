"""What do all rooms mean by time, identity, document, announcement, refusal and sensitive?"""
