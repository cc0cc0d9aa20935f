"""Does the recording answer the challenge that was set for it, with one living head in one piece?"""
