"""Real H.264 and AAC clips that show what they are, and the callers' pictures."""
