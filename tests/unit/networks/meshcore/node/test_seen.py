"""The ring of packet hashes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.networks.meshcore.node.seen import SEEN_HASHES, SeenRing


def test_a_hash_is_new_once() -> None:
    ring = SeenRing()

    assert ring.add(b"one")
    assert not ring.add(b"one")
    assert b"one" in ring
    assert b"two" not in ring


def test_the_161st_hash_takes_the_place_of_the_first() -> None:
    ring = SeenRing()
    hashes = [bytes([number]) for number in range(SEEN_HASHES + 1)]

    for each in hashes:
        ring.add(each)

    assert len(ring) == SEEN_HASHES
    assert hashes[0] not in ring
    assert hashes[1] in ring


@given(st.lists(st.binary(max_size=2), max_size=400))
def test_the_ring_is_bounded_and_holds_the_last(hashes) -> None:
    ring = SeenRing()

    for each in hashes:
        ring.add(each)

    assert len(ring) <= SEEN_HASHES
    assert not hashes or hashes[-1] in ring
