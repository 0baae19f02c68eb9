"""How are requests read, messages settled and failures told, the same way for every function?"""
