"""The directory's names for a filter to look into: as claimed, whatever was learned since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.model.ids import NodeId

if TYPE_CHECKING:
    from meshtui.tui.state.directory import Directory


class ClaimedNames:
    """A `NameBook` that keeps nothing of its own."""

    def __init__(self, directory: Directory) -> None:
        """Look into this directory."""
        self._directory = directory

    def get(self, node_id: str, default: str, /) -> str:
        """Return the name a node claims, not cleaned."""
        node = self._directory.nodes.get(NodeId(node_id))
        return default if node is None else node.name
