"""Stateless codecs, one for each wire format."""
