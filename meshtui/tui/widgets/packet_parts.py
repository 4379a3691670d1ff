"""One packet in full: tree and hex side by side, or under each other; or two packets compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container, Vertical

from meshtui.tui.state.field_tree import compare
from meshtui.tui.widgets.hex_view import HexView
from meshtui.tui.widgets.ink import LineView
from meshtui.tui.widgets.packet_detail import PacketDetail
from meshtui.tui.widgets.packet_list import verdict_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from meshtui.model.packet import Dissection
    from meshtui.model.packet_row import PacketRow
    from meshtui.tui.text.glyphs import Glyphs
    from meshtui.tui.widgets.ink import Part


class PacketParts(Container):
    """Shows what it is given; a field chosen in the tree lights its bytes."""

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

    def __init__(self, glyphs: Glyphs) -> None:
        """Begin empty."""
        super().__init__()
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
        """Show in which fields two packets differ."""
        differing, alike = compare(left[1], right[1])
        heading = f"A #{left[0].number}, B #{right[0].number}"
        self.tree_view.show_comparison(heading, differing, alike)
        self._set_title(f"compare #{left[0].number} and #{right[0].number}")

    def next_buffer(self) -> None:
        """Show the other bytes."""
        self.hex_view.next_buffer()
        self._hex_head.redraw()

    def on_packet_detail_field_chosen(self, message: PacketDetail.FieldChosen) -> None:
        """Light its bytes."""
        message.stop()
        self.hex_view.light(message.field)
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
