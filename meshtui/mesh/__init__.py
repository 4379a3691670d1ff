"""Mechanisms every network shares: state machines without I/O, clock and randomness passed in.

Delivery, deduplication, relaying and routes; and for radios time on the air, duty cycle, queues,
the waits of relays, and messages put together again from chunks.
"""
