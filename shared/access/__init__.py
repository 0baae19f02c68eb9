"""Who is calling, in which roles, teams and scopes, and may they?"""
