"""The companion radio protocol: a program drives a MeshCore radio that is itself a node.

    program ──── command ───▶ radio      one at a time, answered by one frame (contacts: several)
    program ◀─── answer ───── radio      codes below 0x80
    program ◀─── push ─────── radio      codes from 0x80 on, at any time, also before an answer

Over serial and TCP each frame follows a marker (`<` to the radio, `>` from it) and its length as
u16; over BLE one write or notification is one frame. All integers are little-endian but those of
telemetry (CayenneLPP).
"""
