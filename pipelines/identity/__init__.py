"""Is this a living person, and is it the same person?"""
