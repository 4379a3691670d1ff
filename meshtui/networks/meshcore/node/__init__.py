"""A whole MeshCore node as a state machine: what the firmware does, without a radio.

`node.MeshcoreNode` is the door. It is what stands behind a KISS modem, and what every node of the
simulated mesh is. Packets and time go in; `outputs` come out.

    routing      the order in which a packet is looked at, remembered, handled and passed on
    flood direct trace         passing on
    host chat server room      what a role does with what is meant for it
    paths adverts writing asking        what a node says of itself and asks of others
    login clients bodies cli config_words neighbours        the parts of a server
    core         what they share; seen acks pending connections contacts delayed are its tables

Its rules are those of firmware v1.17.1, and the tests play the firmware's own scenes byte for byte.
Where we differ: the byte in an acknowledgement that there is stale memory is 0 here; commands and
settings are the part of the firmware's that its users need; a text that fits no plausible form is
not taken for one, although its two bytes of proof are right.
"""
