"""A simulated companion radio: the far end of the companion protocol, on the simulated air.

`radio.CompanionRadio` is the door. Commands come in as payloads of frames, answers and pushes go
out the same way; what puts them into a byte stream is `framing`. What it keeps is in `desk`; what
each command does is in the modules `of_…`, and what it tells unasked in `pushing`.

Rules of the firmware that a program can notice: each command has one answer, but contacts are
streamed while pushes pass between; a command that is too short is an unknown one; the queue of
unread texts has sixteen places and, when full, forgets the oldest text of a channel; a packet of
more than 173 bytes is not told raw, for it fits no frame.
"""
