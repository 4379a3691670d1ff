"""Laws of delivery states and routes."""

from __future__ import annotations

from meshtui.model.ids import LinkId, NetworkName, NodeId
from meshtui.model.message import DeliveryState
from meshtui.model.node import Route


def test_only_an_answer_a_failure_or_the_user_ends_a_delivery() -> None:
    final = {state for state in DeliveryState if state.is_final}

    assert final == {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED}


def test_a_route_is_active_for_five_minutes() -> None:
    route = Route(
        NetworkName("jsonmesh"), NodeId("MESH-E0D02795"), LinkId("mqtt"), 1, (), last_seen_ms=1_000
    )

    assert route.is_active(1_000 + 5 * 60_000)
    assert not route.is_active(1_000 + 5 * 60_000 + 1)
