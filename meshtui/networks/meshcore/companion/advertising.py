"""What a user asks of every radio at once: an advertisement, a forgotten way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshtui.networks.meshcore.companion.codes import Command, ErrorCode
from meshtui.networks.meshcore.companion.commands import (
    ForKey,
    SendSelfAdvert,
    SetAdvertLatLon,
)
from meshtui.networks.meshcore.companion.driver import Priority
from meshtui.networks.meshcore.companion.greeting import read_self
from meshtui.networks.meshcore.companion.scripts import Do, Script

if TYPE_CHECKING:
    from meshtui.model.command import Advertise
    from meshtui.model.ids import NodeId
    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.radio import Radio


def advertise(radio: Radio, request: Advertise) -> Script:
    """Change the position where one is given, then flood an advertisement.

    The name is the radio's own: only the verb `set-name` changes it.
    """
    steps: list[RadioCommand] = []
    if request.position is not None:
        steps.append(SetAdvertLatLon(request.position.lat, request.position.lng))
    return _advertise(radio, [*steps, SendSelfAdvert(1)], is_changed=bool(steps))


def _advertise(radio: Radio, steps: list[RadioCommand], *, is_changed: bool) -> Script:
    for command in steps:
        reply = yield Do(command, Priority.USER)
        if reply.problem:
            radio.news("advert", f"we did not advertise: {reply.problem}", is_error=True)
            return
    if is_changed:
        yield from read_self(radio)


def forget_path(radio: Radio, node_id: NodeId) -> Script:
    """Let the radio forget the way to a node, if it knows it."""
    key = bytes.fromhex(node_id)
    reply = yield Do(ForKey(Command.RESET_PATH, key), Priority.USER)
    if not reply.problem:
        radio.forget_path(key)
    elif reply.error_code != ErrorCode.NOT_FOUND:
        radio.news("reset-path", f"the path stands: {reply.problem}", node_id, is_error=True)
