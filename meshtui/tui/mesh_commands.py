"""The user's actions in the panes nodes, routes, packets and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshtui.tui.command import Command

MESH_COMMANDS: tuple[Command, ...] = ()
