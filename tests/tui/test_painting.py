"""What a list painted stays good when the keys go elsewhere, and not when the colours change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from meshtui.tui.themes import DEFAULT, load_themes
from meshtui.tui.widgets.ink import InkedList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.strip import Strip

ROWS = 10


class Rows(InkedList):
    """Ten rows, and which of them were drawn."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.drawn: list[int] = []

    def on_mount(self) -> None:
        self.set_rows(ROWS, self.draw)

    def draw(self, index: int, width: int, is_cursor: bool) -> Strip:
        self.drawn.append(index)
        return self.line([(f"row {index}", "good")], width, is_cursor=is_cursor)


class TwoLists(App[None]):
    """Two lists, the keys in the first."""

    def __init__(self) -> None:
        super().__init__()
        for theme in load_themes(None).themes.values():
            self.register_theme(theme)
        self.theme = DEFAULT

    def compose(self) -> ComposeResult:
        yield Rows("left")
        yield Rows("right")

    def on_mount(self) -> None:
        self.query_one("#left").focus()


async def test_only_the_row_under_the_cursor_is_drawn_when_the_keys_go_elsewhere() -> None:
    app = TwoLists()
    async with app.run_test() as pilot:
        left, right = app.query_one("#left", Rows), app.query_one("#right", Rows)
        await pilot.pause()
        assert set(left.drawn) == set(range(ROWS))
        left.drawn.clear()
        right.drawn.clear()

        await pilot.press("tab")

        assert app.focused is right
        assert set(left.drawn) == set(right.drawn) == {0}


async def test_every_row_is_drawn_anew_in_the_colours_of_another_theme() -> None:
    app = TwoLists()
    async with app.run_test() as pilot:
        left = app.query_one("#left", Rows)
        await pilot.pause()
        before = left.render_line(3)
        left.drawn.clear()

        app.theme = "paper"
        await pilot.pause()

        assert set(left.drawn) == set(range(ROWS))
        assert left.render_line(3).text == before.text
        assert left.render_line(3) != before
