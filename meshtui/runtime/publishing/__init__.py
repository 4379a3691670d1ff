"""The packet capture service: what a radio hears, published to brokers and written to a file."""
