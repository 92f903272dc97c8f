"""Use cases and the ports (Protocols) through which they reach stores, media and time."""
