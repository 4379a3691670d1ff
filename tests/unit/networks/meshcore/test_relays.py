"""Copies of a text of ours: each repeater counts once, and what none can have sent not at all."""

from __future__ import annotations

from meshtui.networks.meshcore.packet import Packet, RouteType
from meshtui.networks.meshcore.relays import MAX_RELAYS, Relays


def flood(path: bytes, hash_size: int = 1) -> Packet:
    path_len = (hash_size - 1) << 6 | len(path) // hash_size
    return Packet(RouteType.FLOOD, 5, path_len, path, b"payload")


def direct(path: bytes) -> Packet:
    return Packet(RouteType.DIRECT, 2, len(path), path, b"payload")


def test_each_repeater_counts_once() -> None:
    relays = Relays()

    heard = [relays.note(flood(path)) for path in (b"\xaa", b"\xaa", b"\xaa\xbb", b"\xcc\xaa")]

    assert heard == [True, False, True, False]


def test_a_copy_without_a_hop_is_no_repeaters() -> None:
    assert not Relays().note(flood(b""))


def test_longer_hashes_tell_more_repeaters_apart() -> None:
    relays = Relays()

    assert relays.note(flood(b"\xaa\x01", 2))
    assert relays.note(flood(b"\xaa\x02", 2))


def test_along_a_path_what_is_left_of_it_tells_the_repeater() -> None:
    relays = Relays()

    heard = [relays.note(direct(path)) for path in (b"\xbb\xcc", b"\xcc", b"\xcc", b"")]

    assert heard == [True, True, False, True]


def test_claims_have_an_end() -> None:
    relays = Relays()

    assert sum(relays.note(flood(bytes((number,)))) for number in range(256)) == MAX_RELAYS
