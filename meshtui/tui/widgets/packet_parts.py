"""One packet in full: tree and hex side by side, or under each other; or two packets compared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Container, Vertical

from meshtui.tui.state.field_tree import compare
from meshtui.tui.state.packet_compare import is_same_packet, reception_differences
from meshtui.tui.widgets.hex_view import HexView
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.packet_detail import PacketDetail
from meshtui.tui.widgets.packet_list import verdict_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.state.packet_search import Needle
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Part
    from meshtui.tui.widgets.packet_list import Names


class PacketParts(Container):
    """Shows what it is given; a field chosen in the tree lights its bytes, and the other way."""

    DEFAULT_CSS = """
    PacketParts { height: 45%; layout: horizontal; }
    PacketParts #tree-part { width: 1fr; }
    PacketParts #hex-part { width: 41; }
    PacketParts #tree-head, PacketParts #hex-head { background: $bar; }
    PacketParts.-roomy #hex-part { width: 74; }
    PacketParts.-stacked { layout: vertical; height: 60%; }
    PacketParts.-stacked #hex-part { width: 1fr; height: 1fr; }
    PacketParts.-tree-only #hex-part, PacketParts.-hex-only #tree-part { display: none; }
    PacketParts.-narrow #hex-part { display: none; }
    PacketParts.-stacked #hex-part, PacketParts.-hex-only #hex-part { display: block; width: 1fr; }
    """

    def __init__(self, glyphs: Glyphs, names: Names) -> None:
        """Begin empty."""
        super().__init__()
        self._names = names
        self._found: tuple[int, range] | None = None  # bytes that belong to no field
        self.tree_view = PacketDetail(glyphs)
        self.hex_view = HexView()
        self._title = ""
        self._tree_head = LineView(self._title_parts, id="tree-head")
        self._hex_head = LineView(self.hex_view.header, id="hex-head")

    def compose(self) -> ComposeResult:
        """Tree, hex."""
        yield Vertical(self._tree_head, self.tree_view, id="tree-part")
        yield Vertical(self._hex_head, self.hex_view, id="hex-part")

    def show(self, row: PacketRow | None, dissection: Dissection | None) -> None:
        """Show a packet, or with None nothing."""
        self._found = None
        if row is None or dissection is None:
            self.hex_view.show(())
            self.tree_view.show(None, ())
        else:
            self.hex_view.show((("frame", row.payload), *dissection.buffers))
            self.tree_view.show(dissection, _sentences(row, dissection))
        self._set_title("tree" if row is None else f"tree of #{row.number}")

    def show_comparison(
        self, left: tuple[PacketRow, Dissection], right: tuple[PacketRow, Dissection]
    ) -> None:
        """Show how two packets were heard, and in which fields they differ."""
        (one, one_taken), (other, other_taken) = left, right
        heard = reception_differences(one, other, partial(self._names.hop_name, one.network))
        differing, alike = compare(one_taken, other_taken)
        heading = f"A #{one.number}, B #{other.number}: {len(differing)} differ, {alike} alike"
        if is_same_packet(one, other):
            heading += ", one packet"
        self.tree_view.show_comparison(heading, [*heard, *differing])
        self._set_title(f"compare #{one.number} and #{other.number}")

    def show_found(self, needle: Needle) -> None:
        """Go to where the packet shown holds what was looked for."""
        dissection = self.tree_view.tree_state.dissection
        if dissection is None:
            return
        path = needle.field_in(dissection)
        if path is not None:
            self.tree_view.choose(self.tree_view.tree_state.line_of_path(path))
            return
        for buffer, (_, data) in enumerate(self.hex_view.buffers):
            if span := needle.spot(data):
                line = self.tree_view.tree_state.line_of_byte(buffer, span.start)
                if not self.tree_view.choose(line):
                    self._found = (buffer, span)
                    self.hex_view.light_span(buffer, span)
                return

    def next_buffer(self) -> None:
        """Show the other bytes."""
        self.hex_view.next_buffer()
        self._hex_head.redraw()

    def on_packet_detail_field_chosen(self, message: PacketDetail.FieldChosen) -> None:
        """Light its bytes."""
        message.stop()
        if message.field is None and self._found is not None:
            self.hex_view.light_span(*self._found)
        else:
            self._found = None
            self.hex_view.light(message.field)
        self._hex_head.redraw()

    def on_hex_view_byte_chosen(self, message: HexView.ByteChosen) -> None:
        """Go to the field that owns it."""
        message.stop()
        state = self.tree_view.tree_state
        self.tree_view.choose(state.line_of_byte(message.buffer, message.offset))
        self._hex_head.redraw()

    def _set_title(self, title: str) -> None:
        self._title = title
        self._tree_head.redraw()
        self._hex_head.redraw()

    def _title_parts(self, _width: int) -> list[list[Part]]:
        return [[(f" {self._title}", "head")]]


def _sentences(row: PacketRow, dissection: Dissection) -> list[tuple[str, str]]:
    """What is said about a packet before its fields; why it was not opened is always among it."""
    found = [("summary", dissection.summary), ("verdict", verdict_words(row))]
    if row.summary.detail:
        found.append(("why", row.summary.detail))
    if dissection.why and dissection.why != row.summary.detail:
        found.append(("why", f"not opened: {dissection.why}"))
    return found + [("problem", text) for text in dissection.problems]
