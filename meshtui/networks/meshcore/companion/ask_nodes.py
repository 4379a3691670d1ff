"""Verbs about other nodes: logging in, what they tell of themselves, the contact table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from meshtui.errors import LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.arguments import check_command_line, check_password, switch_of
from meshtui.networks.meshcore.companion.answers import (
    ContactMsg,
    ContactMsgV3,
    ExportedContact,
    Sent,
    author_and_text,
)
from meshtui.networks.meshcore.companion.asking import ask_air, names_at, need
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.commands import (
    ExportContact,
    ForKey,
    SendBinaryReq,
    SendLogin,
    SendTelemetryReq,
    SendTxtMsg,
)
from meshtui.networks.meshcore.companion.contacts import (
    become_contact,
    put_contact,
    remove_contact,
)
from meshtui.networks.meshcore.companion.driver import Priority
from meshtui.networks.meshcore.companion.greeting import read_clock
from meshtui.networks.meshcore.companion.pushes import (
    BinaryResponse,
    LoginFail,
    LoginSuccess,
    StatusResponse,
    Telemetry,
)
from meshtui.networks.meshcore.companion.radio import is_room, with_favourite
from meshtui.networks.meshcore.contact_card import card_of, link_of
from meshtui.networks.meshcore.payloads.text import TextType
from meshtui.networks.meshcore.told import (
    CLI_WAIT_S,
    Told,
    ask_access_list,
    ask_neighbours,
    ask_owner,
    login_told,
    status_told,
    telemetry_told,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.driver import Reply
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.companion.scripts import Step
    from meshtui.networks.meshcore.payloads.request import RequestKind

_ELSE: Final = "the radio answered something else"


def login(radio: Radio, key: bytes, password: str) -> Asking:
    """Log in; a wrong password gets no answer from most firmware.

    Raises:
        LocalProtocolError: The password is too long.
    """
    check_password(password)
    return _login(radio, key, password)


def _login(radio: Radio, key: bytes, password: str) -> Asking:
    yield from _be_contact(radio, key)

    def done(_: Sent, frame: RadioFrame) -> tuple[LoginSuccess | None] | None:
        if not isinstance(frame, LoginSuccess | LoginFail) or frame.prefix != key[:6]:
            return None
        return (frame if isinstance(frame, LoginSuccess) else None,)

    try:
        (frame,), rtt_ms = yield from ask_air(radio, SendLogin(key, password), done)
    except LocalProtocolError as error:
        msg = f"{error} (firmware answers a wrong password with silence)"
        raise LocalProtocolError(msg) from error
    if frame is None:
        raise LocalProtocolError("it refused the password")
    skew_s = None if frame.server_time is None else frame.server_time - radio.now.unix_ms // 1000
    return login_told(
        frame.is_admin,
        frame.permissions,
        skew_s,
        rtt_ms,
        is_room=is_room(radio.contacts.get(key)),
    )


def logout(radio: Radio, key: bytes, _: str) -> Asking:
    """End the session."""
    del radio
    yield from need(ForKey(Command.LOGOUT, key))
    return Told("logged out")


def status(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask for battery, uptime and traffic."""
    yield from _be_contact(radio, key)

    def done(_: Sent, frame: RadioFrame) -> StatusResponse | None:
        return frame if isinstance(frame, StatusResponse) and frame.prefix == key[:6] else None

    frame, rtt_ms = yield from ask_air(radio, ForKey(Command.SEND_STATUS_REQ, key), done)
    return status_told(frame.body, rtt_ms, is_room=is_room(radio.contacts.get(key)))


def neighbours(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask whom a repeater hears itself, page by page."""
    yield from _be_contact(radio, key)
    ask = partial(_binary, radio, key)
    return (yield from ask_neighbours(ask, radio.station.entropy, names_at(radio)))


def telemetry(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask what its sensors measure."""
    yield from _be_contact(radio, key)

    def done(_: Sent, frame: RadioFrame) -> Telemetry | None:
        return frame if isinstance(frame, Telemetry) and frame.prefix == key[:6] else None

    frame, rtt_ms = yield from ask_air(radio, SendTelemetryReq(key=key), done)
    return telemetry_told(frame.lpp, rtt_ms)


def owner(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask for firmware, name and owner."""
    yield from _be_contact(radio, key)
    return (yield from ask_owner(partial(_binary, radio, key), radio.station.entropy))


def access_list(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask who may do what."""
    yield from _be_contact(radio, key)
    return (yield from ask_access_list(partial(_binary, radio, key), names_at(radio)))


def command_line(radio: Radio, key: bytes, argument: str) -> Asking:
    """Send one line to its command line.

    Raises:
        LocalProtocolError: It is empty, or too long.
    """
    check_command_line(argument)
    return _command_line(radio, key, argument)


def _command_line(radio: Radio, key: bytes, argument: str) -> Asking:
    yield from _be_contact(radio, key)
    yield from read_clock(radio, Priority.REQUEST)
    timestamp = radio.stamp(key, radio.station.next_timestamp(radio.now))
    command = SendTxtMsg(TextType.COMMAND, 0, timestamp, key[:6], argument)

    def done(_: Sent, frame: RadioFrame) -> str | None:
        if not isinstance(frame, ContactMsg | ContactMsgV3) or frame.prefix != key[:6]:
            return None
        return author_and_text(frame)[1] if frame.text_type == TextType.COMMAND else None

    text, rtt_ms = yield from ask_air(radio, command, done, CLI_WAIT_S)
    return Told(text, (), rtt_ms)


def add(radio: Radio, key: bytes, _: str) -> Asking:
    """Put a node into the contact table."""
    yield from _be_contact(radio, key)
    radio.tell_device()
    return Told(f"it is in the radio's contacts, {len(radio.contacts)} in all")


def remove(radio: Radio, key: bytes, _: str) -> Asking:
    """Take a node out of the contact table."""
    problem = yield from remove_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)
    radio.tell_device()
    return Told("it is no contact of the radio any more")


def share(radio: Radio, key: bytes, _: str) -> Asking:
    """Send a contact's advert to those in direct reach."""
    yield from _be_contact(radio, key)
    yield from need(ForKey(Command.SHARE_CONTACT, key))
    return Told("told to those in direct reach")


def export(radio: Radio, key: bytes, _: str) -> Asking:
    """Show a contact's card; where the radio keeps no advert of it, an unsigned one."""
    yield from _be_contact(radio, key)
    try:
        frame = yield from need(ExportContact(key))
    except LocalProtocolError:
        contact = radio.contacts.get(key)
        if contact is None:
            raise
        return Told(link_of(key, contact.name, contact.node_type))
    if not isinstance(frame, ExportedContact):
        raise LocalProtocolError(_ELSE)
    return Told(card_of(frame.packet))


def favourite(radio: Radio, key: bytes, argument: str) -> Asking:
    """Mark a contact on the radio.

    Raises:
        LocalProtocolError: The argument is neither `on` nor `off`.
    """
    return _favourite(radio, key, is_on=switch_of(argument, default=True))


def _favourite(radio: Radio, key: bytes, *, is_on: bool) -> Asking:
    yield from _be_contact(radio, key)
    problem = yield from put_contact(radio, with_favourite(radio.contacts[key], is_favourite=is_on))
    if problem:
        raise LocalProtocolError(problem)
    return Told("a favourite of the radio" if is_on else "no favourite of the radio any more")


def _be_contact(radio: Radio, key: bytes) -> Generator[Step, Reply, None]:
    """See that a node is a contact.

    Raises:
        LocalProtocolError: It is not, and cannot become one.
    """
    if NodeId(key.hex()) == radio.node_id:
        raise LocalProtocolError("that is the radio itself")
    problem = yield from become_contact(radio, key)
    if problem:
        raise LocalProtocolError(problem)


def _binary(
    radio: Radio, key: bytes, kind: RequestKind, parameters: bytes
) -> Generator[Step, Reply, tuple[bytes, int]]:
    """Ask a node something of its own list; the tag says which answer is whose."""
    request = bytes((kind,)) + parameters

    def done(sent: Sent, frame: RadioFrame) -> BinaryResponse | None:
        return frame if isinstance(frame, BinaryResponse) and frame.tag == sent.tag else None

    frame, rtt_ms = yield from ask_air(radio, SendBinaryReq(key, request), done)
    return frame.body, rtt_ms
