"""Callers' pictures, videos and sounds: opened, judged and normalised, videos and sounds in a confined process."""
