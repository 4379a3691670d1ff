"""Write the table of keys and slash commands into README.md (`make readme`)."""

from __future__ import annotations

from pathlib import Path

from meshtui.tui.command import key_words
from meshtui.tui.commands import COMMANDS

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- commands: written by `make readme` from meshtui/tui/commands.py -->\n"
END = "<!-- end of commands -->"


def _keys(keys: tuple[str, ...]) -> str:
    return " ".join("`" + key_words(key).replace("|", "\\|") + "`" for key in keys)


def table() -> str:
    """Render the registry as a Markdown table."""
    rows = ["| where | keys | typed | does |", "|---|---|---|---|"]
    for command in COMMANDS:
        where = ", ".join(sorted(command.panes)) or "everywhere"
        slash = f"`{command.slash}`".replace("|", "\\|") if command.slash else ""
        says = f"{command.title}. {command.help}" if command.help else command.title
        rows.append(f"| {where} | {_keys(command.keys)} | {slash} | {says} |".replace("  ", " "))
    return "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    """Put the table between its two marks."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
