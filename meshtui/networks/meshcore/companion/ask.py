"""Carries an `Ask` out: each ends in exactly one final `Answered`, also when the link is lost."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.model.event import Answered
from meshtui.networks.meshcore.arguments import unknown_verb
from meshtui.networks.meshcore.companion import ask_nodes, ask_paths, ask_radio, ask_settings
from meshtui.networks.meshcore.station import NETWORK
from meshtui.networks.meshcore.told import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.command import Ask
    from meshtui.model.ids import NodeId
    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.companion.scripts import Script

_NODE: Final[MappingProxyType[str, Callable[[Radio, bytes, str], Asking]]] = MappingProxyType(
    {
        "trace": ask_paths.trace,
        "path": ask_paths.show_path,
        "discover-path": ask_paths.discover_path,
        "reset-path": ask_paths.reset_path,
        "set-path": ask_paths.set_path,
        "login": ask_nodes.login,
        "logout": ask_nodes.logout,
        "status": ask_nodes.status,
        "neighbours": ask_nodes.neighbours,
        "telemetry": ask_nodes.telemetry,
        "owner": ask_nodes.owner,
        "acl": ask_nodes.access_list,
        "cli": ask_nodes.command_line,
        "add": ask_nodes.add,
        "remove": ask_nodes.remove,
        "share": ask_nodes.share,
        "export": ask_nodes.export,
        "favourite": ask_nodes.favourite,
    }
)
_RADIO: Final[MappingProxyType[str, Callable[[Radio, str], Asking]]] = MappingProxyType(
    {
        "info": ask_radio.info,
        "battery": ask_radio.battery,
        "stats": ask_radio.stats,
        "sync-time": ask_radio.sync_time,
        "advert": ask_radio.advert,
        "advert-flood": ask_radio.advert_flood,
        "set-name": ask_settings.set_name,
        "set-position": ask_settings.set_position,
        "set-radio": ask_settings.set_radio,
        "set-power": ask_settings.set_power,
        "set-path-hash-mode": ask_settings.set_path_hash_mode,
        "set-multi-acks": ask_settings.set_multi_acks,
        "contacts-old": ask_radio.contacts_old,
        "contacts-cleanup": ask_radio.contacts_cleanup,
        "reboot": ask_radio.reboot,
        "import": ask_radio.import_card,
        "export": ask_radio.export_self,
        "scope": ask_settings.scope,
        "contacts": ask_radio.contacts,
        "channels": ask_radio.channels,
    }
)


def begin(radio: Radio, request: Ask) -> None:
    """Start to carry a request out.

    Raises:
        LocalProtocolError: There is no such verb, or its argument is wrong; nothing has begun.
    """
    steps = _steps(radio, request)
    if not radio.run(carry_out(radio, request, steps)):
        raise LocalProtocolError("too many requests wait for an answer")


def carry_out(radio: Radio, request: Ask, steps: Asking) -> Script:
    """Do the steps and tell what came of them."""
    try:
        told = yield from steps
        is_error = False
    except LocalProtocolError as error:
        told, is_error = failure(request.verb, error), True
    radio.emit(
        Answered(
            NETWORK,
            request.request_id,
            request.verb,
            request.node_id,
            radio.now,
            told.text,
            told.rows,
            told.rtt_ms,
            is_error=is_error,
        )
    )


def _steps(radio: Radio, request: Ask) -> Asking:
    argument = request.argument
    if request.secret is not None:
        argument = request.secret.reveal.decode(errors="replace")
    if request.node_id is None:
        of_radio = _RADIO.get(request.verb)
        if of_radio is None:
            raise LocalProtocolError(unknown_verb(request.verb, _RADIO, _NODE, is_node=False))
        return of_radio(radio, argument)
    of_node = _NODE.get(request.verb)
    if of_node is None:
        raise LocalProtocolError(unknown_verb(request.verb, _RADIO, _NODE, is_node=True))
    return of_node(radio, key_of(request.node_id), argument)


def key_of(node_id: NodeId) -> bytes:
    """Turn a node's id into its key.

    Raises:
        LocalProtocolError: It is none.
    """
    try:
        key = bytes.fromhex(node_id)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise LocalProtocolError("a MeshCore node's id is 64 hex digits: pick it from the list")
    return key
