"""The pure core: no clock is read here, no random number drawn, no I/O done, no framework known."""
