"""The contract kit: says of any client of DashScope's video API whether it keeps what such a client must keep.

A scenario is what shall happen, a history what a client did, a checker a pure function from both to a verdict. The kit
has its own tables and knows the emulator only through its public handle (`from hobbyhorse import Emulator`).
"""
