"""What may pass between this house and the record, of which kinds, and which way?"""
