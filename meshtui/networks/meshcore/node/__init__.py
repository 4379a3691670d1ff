"""A whole MeshCore node as a state machine: what the firmware does, without a radio.

`node.MeshcoreNode` is the door. It is what stands behind a KISS modem, and what every node of the
simulated mesh is. Packets and time go in; `outputs` come out. Where the firmware has a rule that
the air cannot tell (a delay, a limit), its number stands here beside its name.
"""
