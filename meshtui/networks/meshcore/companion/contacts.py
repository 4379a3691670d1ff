"""Who stands in the radio's contact table: only they can be written to."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Final, TypeAlias

from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.answers import Contact
from meshtui.networks.meshcore.companion.codes import Command, ErrorCode
from meshtui.networks.meshcore.companion.commands import AddUpdateContact, ForKey
from meshtui.networks.meshcore.companion.driver import Priority, Reply
from meshtui.networks.meshcore.companion.forms import UNKNOWN_PATH
from meshtui.networks.meshcore.companion.greeting import read_contact
from meshtui.networks.meshcore.companion.scripts import Do, Step
from meshtui.networks.meshcore.nodes import type_of
from meshtui.networks.meshcore.payloads.advert import AdvertType
from meshtui.networks.meshcore.payloads.utf8 import cut

if TYPE_CHECKING:
    from meshtui.model.node import Node
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_NAME_BYTES: Final = 31
Problem: TypeAlias = Generator[Step, Reply, str]


def become_contact(radio: Radio, key: bytes) -> Problem:
    """See that a node stands in the radio's table; returns why it does not, or nothing.

    It is put there as its advertisements describe it.
    """
    if key in radio.contacts:
        return ""
    if (yield from read_contact(radio, key, Priority.USER)):
        return ""
    node = radio.station.nodes.get(NodeId(key.hex()))
    if node is None or not (node.name or node.claimed_at_s):
        return (
            "it is not in the radio's contacts and no advertisement of it was heard: ask for its "
            "contact card (meshcore://…) and import that"
        )
    return (yield from put_contact(radio, contact_of(node)))


def put_contact(radio: Radio, contact: Contact, priority: Priority = Priority.USER) -> Problem:
    """Write one entry of the table; returns why it is refused, or nothing."""
    command = AddUpdateContact(
        contact.key,
        contact.node_type,
        contact.flags,
        contact.out_path,
        contact.name,
        contact.last_advert,
        contact.lat,
        contact.lon,
    )
    reply = yield Do(command, priority)
    if reply.error_code == ErrorCode.TABLE_FULL:
        count = len(radio.contacts)
        return (
            f"the radio's contact table is full ({count} contacts): "
            "`contacts-old 30` lists whom you could remove"
        )
    if reply.problem:
        return reply.problem
    radio.take_contact(contact)
    return ""


def remove_contact(radio: Radio, key: bytes, priority: Priority = Priority.REQUEST) -> Problem:
    """Take one entry out of the table; returns why it is refused, or nothing."""
    reply = yield Do(ForKey(Command.REMOVE_CONTACT, key), priority)
    if reply.problem and reply.error_code != ErrorCode.NOT_FOUND:
        return reply.problem
    radio.drop_contact(key)
    return ""


def contact_of(node: Node) -> Contact:
    """Describe a node as the table does, without a way."""
    position = node.position
    return Contact(
        bytes.fromhex(node.node_id),
        type_of(node.role) or AdvertType.CHAT,
        0,
        UNKNOWN_PATH,
        cut(node.name, MAX_NAME_BYTES).decode(),
        node.claimed_at_s,
        position.lat if position else 0.0,
        position.lng if position else 0.0,
        0,
    )
