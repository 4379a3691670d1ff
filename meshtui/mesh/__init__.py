"""Mechanisms every network shares: state machines without I/O, clock and randomness passed in."""
