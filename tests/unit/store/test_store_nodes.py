from __future__ import annotations

from meshtui.model.event import NodeHeard, NodeMarked
from meshtui.model.ids import LinkId, NetworkName, NodeId, direct_conversation
from meshtui.model.node import Node, NodeMarks, NodeRole, PinState, Position
from meshtui.store import nodes
from meshtui.store.writer import EVICT_EVERY
from tests.support.open_store import (
    ALICE,
    BOB,
    NETWORK,
    WITH_ALICE,
    OpenStore,
    queued,
    received,
)

KEY = "02" * 33


def heard(number: int, **fields: object) -> NodeHeard:
    return NodeHeard(Node(NETWORK, NodeId(f"MESH-{number:08X}"), last_heard_ms=number, **fields))


def test_a_node_comes_back_as_it_was_heard(store: OpenStore) -> None:
    node = Node(
        NETWORK,
        ALICE,
        KEY,
        PinState.CHANGED,
        "03" * 33,
        "A\ud800",
        NodeRole.RELAY,
        Position(48.5, -2.25),
        True,
        9,
        2,
        -90,
        1.5,
        LinkId("mqtt"),
        frozenset({"ack", "x"}),
        True,
        True,
        1_700_000_000,
    )
    bare = Node(NETWORK, BOB, last_heard_ms=1)

    store.writer.apply([NodeHeard(node), NodeHeard(bare)])

    assert store.reader.nodes() == [(node, NodeMarks()), (bare, NodeMarks())]
    assert store.reader.restored(NETWORK).nodes == (node, bare)


def test_a_position_that_is_no_number_is_none(store: OpenStore) -> None:
    store.writer.apply([heard(1, position=Position(float("nan"), 5.0))])

    assert store.reader.nodes()[0][0].position is None


def test_what_is_heard_leaves_the_users_marks_alone(store: OpenStore) -> None:
    marks = NodeMarks(True, True, "met in Paris")
    store.writer.apply([NodeMarked(NETWORK, ALICE, marks)])

    store.writer.apply([NodeHeard(Node(NETWORK, ALICE, name="Alice"))])

    ((node, kept),) = store.reader.nodes()
    assert (node.name, kept) == ("Alice", marks)


def test_a_marked_node_never_heard_is_listed_with_its_marks(store: OpenStore) -> None:
    marks = NodeMarks(is_blocked=True)
    store.writer.apply([NodeMarked(NETWORK, ALICE, marks)])

    assert store.reader.nodes() == [(Node(NETWORK, ALICE), marks)]


def test_a_node_heard_without_a_key_does_not_take_the_pinned_one_away(store: OpenStore) -> None:
    store.writer.apply([heard(1, public_key=KEY, pin=PinState.VERIFIED)])

    store.writer.apply([heard(1, name="new")])

    ((node, _),) = store.reader.nodes()
    assert (node.public_key, node.pin, node.name) == (KEY, PinState.VERIFIED, "new")


def test_of_too_many_nodes_the_longest_unheard_go_and_those_that_matter_stay(
    store: OpenStore,
) -> None:
    store.writer.apply(
        [
            heard(1),
            heard(2, pin=PinState.VERIFIED, public_key=KEY),
            heard(3),
            heard(0, is_contact=True),
            NodeHeard(Node(NETWORK, ALICE)),
            received("m", conversation=WITH_ALICE),
            heard(4),
            heard(5),
            NodeMarked(NETWORK, NodeId("MESH-00000003"), NodeMarks(note="keep")),
        ]
    )

    with store.database.writing() as connection:
        nodes.evict(connection, 5)

    left = {node.node_id for node, _ in store.reader.nodes()}
    assert left == {"MESH-00000000", "MESH-00000002", "MESH-00000003", ALICE, "MESH-00000005"}


def test_a_flood_of_nodes_does_not_fill_the_disk(store: OpenStore) -> None:
    for start in range(0, nodes.MAX_NODES + 4_000, 1_000):
        store.writer.apply([heard(number) for number in range(start, start + 1_000)])

    assert len(store.reader.nodes()) <= nodes.MAX_NODES + EVICT_EVERY


def test_friends_are_those_the_user_chose_and_nobody_who_only_wrote(store: OpenStore) -> None:
    favourite = NodeMarked(NETWORK, NodeId("MESH-00000001"), NodeMarks(is_favourite=True))
    with_bob = direct_conversation(NETWORK, BOB)
    store.writer.apply(
        [
            favourite,
            heard(3, pin=PinState.VERIFIED, public_key=KEY),
            received("stranger", conversation=with_bob, sender=BOB),
            queued("to alice"),
        ]
    )

    friends = store.reader.restored(NETWORK).friends

    assert friends == {favourite.node_id, "MESH-00000003", ALICE}


def test_contacts_are_those_we_wrote_with_marked_or_compared_keys_with(store: OpenStore) -> None:
    favourite = NodeMarked(NETWORK, NodeId("MESH-00000001"), NodeMarks(is_favourite=True))
    blocked = NodeMarked(NETWORK, NodeId("MESH-00000002"), NodeMarks(is_blocked=True))
    store.writer.apply(
        [
            favourite,
            blocked,
            heard(3, pin=PinState.VERIFIED, public_key=KEY),
            heard(4, pin=PinState.FIRST_SEEN, public_key=KEY),
            received("direct", conversation=WITH_ALICE),
            received("forum", sender=BOB),
        ]
    )

    contacts = store.reader.restored(NETWORK).contacts

    assert contacts == {favourite.node_id, "MESH-00000003", ALICE}
    assert store.reader.restored(NetworkName("meshcore")).contacts == frozenset()
