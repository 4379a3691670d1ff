"""Write the tables of README.md that the program itself knows (`make readme`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.model.packet_fields import packet_fields
from meshtui.tui.command import key_words
from meshtui.tui.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.filter_fields import FilterField
    from meshtui.model.packet_row import PacketRow

README = Path(__file__).parents[2] / "README.md"


def _row(*cells: str) -> str:
    whole = " | ".join(cell.replace("|", "\\|") for cell in cells)
    return f"| {whole} |".replace("  ", " ")


def _keys(keys: tuple[str, ...]) -> str:
    return " ".join(f"`{key_words(key)}`" for key in keys)


def commands() -> str:
    """Render the registry of keys and slash commands."""
    rows = ["| where | keys | typed | does |", "|---|---|---|---|"]
    for command in COMMANDS:
        where = ", ".join(sorted(command.panes)) or "everywhere"
        slash = f"`{command.slash}`" if command.slash else ""
        says = f"{command.title}. {command.help}" if command.help else command.title
        rows.append(_row(where, _keys(command.keys), slash, says))
    return "\n".join(rows) + "\n"


def filter_fields() -> str:
    """Render the fields of the display filter."""
    rows = ["| field | what it is | takes |", "|---|---|---|"]
    rows += [_filter_field(field) for field in packet_fields({}).values()]
    return "\n".join(rows) + "\n"


def _filter_field(field: FilterField[PacketRow]) -> str:
    operators = " ".join(f"`{operator}`" for operator in field.operators)
    if field.choices == ("yes",):
        operators = "nothing: it is there, or not"
    return _row(f"`{field.name}`", field.help, operators)


TABLES: Final[tuple[tuple[str, str, Callable[[], str]], ...]] = (
    (
        "<!-- commands: written by `make readme` from meshtui/tui/commands.py -->\n",
        "<!-- end of commands -->",
        commands,
    ),
    (
        "<!-- fields: written by `make readme` from meshtui/model/packet_fields.py -->\n",
        "<!-- end of fields -->",
        filter_fields,
    ),
)
"""First mark, last mark, and what stands between them."""


def with_tables(readme: str) -> str:
    """Put each table between its two marks."""
    for begin, end, table in TABLES:
        head, _, rest = readme.partition(begin)
        _, _, tail = rest.partition(end)
        readme = f"{head}{begin}{table()}{end}{tail}"
    return readme


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
