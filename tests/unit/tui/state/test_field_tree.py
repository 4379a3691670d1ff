"""A dissection as lines, and two of them compared."""

from __future__ import annotations

from meshtui.model.packet import DissectedField, Dissection
from meshtui.tui.state.field_tree import MAX_DEPTH, MAX_LINES, FieldTree, compare
from tests.support.packet_rows import NET


def a_field(name: str, value: str = "", *children: DissectedField) -> DissectedField:
    return DissectedField(name, value, 0, 1, children=children)


def a_packet(*fields: DissectedField) -> Dissection:
    return Dissection(NET, "a packet", fields)


def shown(tree: FieldTree) -> list[str]:
    return [f"{line.depth}{line.field.name if line.field else line.text}" for line in tree.lines]


PACKET = a_packet(a_field("path", "", a_field("hop"), a_field("hop")), a_field("type", "ack"))


def test_sentences_come_first_then_the_fields_in_order() -> None:
    tree = FieldTree()

    tree.show(PACKET, [("why", "no key")])

    assert shown(tree) == ["0no key", "0path", "1hop", "1hop", "0type"]


def test_a_closed_field_stays_closed_in_the_next_packet() -> None:
    tree = FieldTree()
    tree.show(PACKET, [])

    assert tree.set_open(0)
    tree.show(PACKET, [])

    assert shown(tree) == ["0path", "0type"]
    assert tree.set_open(0, is_open=True)
    assert not tree.set_open(0, is_open=True)
    assert not tree.set_open(3)
    assert not tree.set_open(99)


def test_the_field_around_a_field_is_found() -> None:
    tree = FieldTree()
    tree.show(PACKET, [])

    assert [tree.parent_of(index) for index in range(4)] == [0, 0, 0, 3]


def test_a_packet_of_endless_fields_and_depth_stays_bounded() -> None:
    deep = a_field("x")
    for _ in range(500):
        deep = a_field("x", "", deep)
    tree = FieldTree()

    tree.show(a_packet(deep, *[a_field("y")] * 20_000), [])

    assert len(tree.lines) == MAX_LINES + 1
    assert max(line.depth for line in tree.lines) < MAX_DEPTH
    differing, alike = compare(a_packet(deep, *[a_field("y")] * 20_000), a_packet())
    assert len(differing) + alike <= MAX_LINES + 1


def test_comparison_names_what_differs_and_counts_what_is_alike() -> None:
    left = a_packet(
        a_field("path", "2", a_field("hop", "A"), a_field("hop", "B")), a_field("t", "1")
    )
    right = a_packet(
        a_field("path", "2", a_field("hop", "A"), a_field("hop", "C")), a_field("s", "9")
    )

    differing, alike = compare(left, right)

    assert [(d.name, d.left, d.right) for d in differing] == [
        ("path.hop 2", "B", "C"),
        ("t", "1", ""),
        ("s", "", "9"),
    ]
    assert alike == 2


def test_a_byte_belongs_to_the_smallest_field_around_it_opened_where_it_was_closed() -> None:
    inner = DissectedField("inner", "x", 2, 3)
    outer = DissectedField("outer", "x", 0, 4, children=(inner,))
    other = DissectedField("other", "x", 0, 9, buffer=1)
    tree = FieldTree()
    tree.show(Dissection(NET, "", (outer, other)), [("summary", "s")])
    tree.set_open(1, is_open=False)

    assert tree.line_of_byte(0, 0) == 1
    assert len(tree.lines) == 3
    assert tree.line_of_byte(0, 2) == 2
    assert tree.lines[2].field is inner
    assert tree.line_of_byte(1, 8) == 3
    assert tree.line_of_byte(0, 9) == -1
