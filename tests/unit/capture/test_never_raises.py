"""No bytes make a reader raise anything but that they are no recording."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshtui.capture.link_types import LORATAP, UPPER_PDU, unwrap
from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.capture.index import CaptureIndex

SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, LORATAP, 0, 0, 20)
HEADS = st.sampled_from(
    [
        b"",
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, LORATAP),
        struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0, UPPER_PDU),
        SECTION,
        SECTION + INTERFACE,
        b'{"hex":"00"}\n{"raw":',
        b"\x1f\x8b\x08\x00",
    ]
)
BLOCKS = st.builds(
    lambda kind, body: (
        struct.pack("<II", kind, 12 + len(body) + -len(body) % 4)
        + body
        + bytes(-len(body) % 4)
        + struct.pack("<I", 12 + len(body) + -len(body) % 4)
    ),
    st.sampled_from([1, 2, 3, 4, 5, 6, 0xBAD]),
    st.binary(max_size=80),
)
LINES = st.builds(
    lambda key, value: b'{"' + key + b'":' + value + b"}\n",
    st.sampled_from([b"hex", b"raw", b"data", b"ts", b"summary"]),
    st.one_of(st.binary(max_size=20), st.sampled_from([b'"00"', b"null", b"[]", b"1e999", b"{}"])),
)
CONTENT = st.lists(st.one_of(st.binary(max_size=60), BLOCKS, LINES), max_size=8).map(b"".join)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(head=HEADS, content=CONTENT)
def test_no_bytes_make_a_recording_raise(
    read: Callable[[bytes], CaptureIndex], head: bytes, content: bytes
) -> None:
    with contextlib.suppress(DecodeError):
        index = read(head + content)
        for number, packet in enumerate(index.packets(0, len(index))):
            assert packet == index.packet(number)
            assert isinstance(packet.payload, bytes)


@given(st.sampled_from([LORATAP, UPPER_PDU, 147, 1]), st.binary(max_size=80))
def test_no_bytes_of_a_packet_make_unwrapping_raise(link_type: int, data: bytes) -> None:
    packet = unwrap(link_type, data)

    assert packet.payload in data
