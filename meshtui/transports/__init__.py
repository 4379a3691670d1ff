"""Bytes in, bytes out: the only code that touches hardware or sockets."""
