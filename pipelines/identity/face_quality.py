"""What makes a face hard to judge: one check each, so that a person can be told what to do better."""
