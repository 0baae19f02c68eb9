"""May we use this contact point for this purpose and topic?"""
