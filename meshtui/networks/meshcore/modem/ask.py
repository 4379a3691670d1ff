"""Which script carries a verb out where the radio is a modem: every verb of a companion radio."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.networks.meshcore.arguments import unknown_verb
from meshtui.networks.meshcore.modem import ask_contacts, ask_nodes, ask_radio, ask_settings
from meshtui.networks.meshcore.modem.rig import key_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.model.command import Ask
    from meshtui.networks.meshcore.modem.asking import Asking
    from meshtui.networks.meshcore.modem.rig import Rig

_NODE: Final[MappingProxyType[str, Callable[[Rig, bytes, str], Asking]]] = MappingProxyType(
    {
        "trace": ask_nodes.trace,
        "path": ask_nodes.show_path,
        "discover-path": ask_nodes.discover_path,
        "reset-path": ask_nodes.reset_path,
        "set-path": ask_nodes.set_path,
        "login": ask_nodes.login,
        "logout": ask_nodes.logout,
        "status": ask_nodes.status,
        "neighbours": ask_nodes.neighbours,
        "telemetry": ask_nodes.telemetry,
        "owner": ask_nodes.owner,
        "acl": ask_nodes.access_list,
        "cli": ask_nodes.command_line,
        "add": ask_contacts.add,
        "remove": ask_contacts.remove,
        "share": ask_nodes.share,
        "export": ask_nodes.export,
        "favourite": ask_contacts.favourite,
    }
)
_RADIO: Final[MappingProxyType[str, Callable[[Rig, str], Asking]]] = MappingProxyType(
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
        "contacts-old": ask_contacts.contacts_old,
        "contacts-cleanup": ask_contacts.contacts_cleanup,
        "reboot": ask_radio.reboot,
        "import": ask_contacts.import_card,
        "export": ask_radio.export_self,
        "scope": ask_settings.scope,
        "contacts": ask_contacts.contacts,
        "channels": ask_radio.channels,
    }
)


def script_for(rig: Rig, request: Ask) -> Asking:
    """Choose the script of a request; nothing of it has begun.

    Raises:
        LocalProtocolError: There is no such verb, or nobody to ask.
    """
    argument = request.argument
    if request.secret is not None:
        argument = request.secret.reveal.decode(errors="replace")
    if request.node_id is None:
        of_radio = _RADIO.get(request.verb)
        if of_radio is None:
            raise LocalProtocolError(unknown_verb(request.verb, _RADIO, _NODE, is_node=False))
        return of_radio(rig, argument)
    of_node = _NODE.get(request.verb)
    if of_node is None:
        raise LocalProtocolError(unknown_verb(request.verb, _RADIO, _NODE, is_node=True))
    key = key_in(request.node_id)
    if key is None:
        raise LocalProtocolError("the whole key of that node is not known yet")
    if key == rig.node.public_key:
        raise LocalProtocolError("that is us")
    return of_node(rig, key, argument)
