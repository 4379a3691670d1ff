"""An observer: what a radio hears, told to analyzers over MQTT, and the login that they take.

message.py   one packet as it crossed the air
status.py    that the observer is there, or no longer
topics.py    where both go, and how the connection is called
token.py     who says so: a token signed by the radio's own key
"""
