"""Sound of voices: where somebody speaks, in which language, what is said, and whether a person said it."""
