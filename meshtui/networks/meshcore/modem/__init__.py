"""A radio that only sends and hears: the modem's line, and what we write by it as the node."""
