"""Writing packets to a file."""
