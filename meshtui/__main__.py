"""`python -m meshtui` is `meshtui`."""

from __future__ import annotations

from meshtui.cli.main import entry

if __name__ == "__main__":
    entry()
