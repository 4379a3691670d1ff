"""Verbs about other nodes: logging in, what they tell of themselves, the contact table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import DecodeError, LocalProtocolError
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.answers import (
    ContactMsg,
    ContactMsgV3,
    ExportedContact,
    Sent,
    author_and_text,
)
from meshtui.networks.meshcore.companion.asking import (
    Told,
    ask_air,
    name_of_hop,
    need,
    pairs,
    switch_of,
)
from meshtui.networks.meshcore.companion.bodies import (
    Neighbour,
    decode_access_list,
    decode_neighbours,
    decode_status,
    neighbours_request,
)
from meshtui.networks.meshcore.companion.codes import (
    MAX_TEXT_BYTES,
    Command,
    Request,
    TextType,
)
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
from meshtui.networks.meshcore.companion.greeting import duration, read_clock
from meshtui.networks.meshcore.companion.lpp import decode_lpp
from meshtui.networks.meshcore.companion.pushes import (
    BinaryResponse,
    LoginFail,
    LoginSuccess,
    StatusResponse,
    Telemetry,
)
from meshtui.networks.meshcore.companion.radio import is_room, with_favourite
from meshtui.networks.meshcore.contact_card import SCHEME, link_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from meshtui.networks.meshcore.companion.asking import Asking
    from meshtui.networks.meshcore.companion.driver import Reply
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.radio import Radio
    from meshtui.networks.meshcore.companion.scripts import Step

MAX_PASSWORD_BYTES: Final = 15
MAX_PAGES: Final = 8
NEIGHBOUR_PREFIX_BYTES: Final = 4
CLI_WAIT_S: Final = 12.0
_ELSE: Final = "the radio answered something else"


def login(radio: Radio, key: bytes, password: str) -> Asking:
    """Log in; a wrong password gets no answer from most firmware.

    Raises:
        LocalProtocolError: The password is too long.
    """
    if len(password.encode(errors="replace")) > MAX_PASSWORD_BYTES:
        msg = f"a password has at most {MAX_PASSWORD_BYTES} bytes"
        raise LocalProtocolError(msg)
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
    who = "administrator" if frame.is_admin & 1 else "guest"
    facts = {"role": who}
    if frame.permissions is not None:
        facts["permissions"] = f"0x{frame.permissions:02X}"
    if frame.server_time is not None:
        skew_s = frame.server_time - radio.now.unix_ms // 1000
        facts["its clock"] = f"{skew_s:+d} s against ours"
    return Told(f"logged in as {who}", pairs(facts), rtt_ms)


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
    try:
        told = decode_status(frame.body, is_room=is_room(radio.contacts.get(key)))
    except DecodeError as error:
        msg = f"its status cannot be read: {error}"
        raise LocalProtocolError(msg) from error
    facts = {
        name.replace("_", " "): str(value)
        for name, value in zip(told._fields, told, strict=True)
        if value is not None
    }
    facts["uptime s"] = f"{told.uptime_s} ({duration(told.uptime_s)})"
    text = f"{told.battery_mv / 1000:.2f} V, up {duration(told.uptime_s)}, {told.sent} sent"
    return Told(text, pairs(facts), rtt_ms)


def neighbours(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask whom a repeater hears itself, page by page."""
    yield from _be_contact(radio, key)
    entries: list[Neighbour] = []
    total, rtt_ms = 0, None
    for _page in range(MAX_PAGES):
        request = neighbours_request(len(entries), NEIGHBOUR_PREFIX_BYTES, radio.station.entropy(4))
        body, page_ms = yield from _binary(radio, key, request)
        rtt_ms = page_ms if rtt_ms is None else rtt_ms
        try:
            page = decode_neighbours(body, NEIGHBOUR_PREFIX_BYTES)
        except DecodeError as error:
            msg = f"its neighbours cannot be read: {error}"
            raise LocalProtocolError(msg) from error
        total = page.total
        entries += page.entries
        if not page.entries or len(entries) >= total:
            break
    rows = tuple(
        (
            ("node", entry.prefix),
            ("name", name_of_hop(radio, entry.prefix)),
            ("heard", f"{duration(entry.heard_s_ago)} ago"),
            ("snr", f"{entry.snr_db:g} dB"),
        )
        for entry in entries
    )
    return Told(f"{len(entries)} of {total} neighbours", rows, rtt_ms)


def telemetry(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask what its sensors measure."""
    yield from _be_contact(radio, key)

    def done(_: Sent, frame: RadioFrame) -> Telemetry | None:
        return frame if isinstance(frame, Telemetry) and frame.prefix == key[:6] else None

    frame, rtt_ms = yield from ask_air(radio, SendTelemetryReq(key=key), done)
    readings, end = decode_lpp(frame.lpp)
    rows = tuple(
        (("channel", str(each.channel)), ("what", each.name), ("value", each.text))
        for each in readings
    )
    rest = len(frame.lpp) - end
    text = ", ".join(f"{each.name} {each.text}" for each in readings[:3]) or "it measures nothing"
    return Told(f"{text}; {rest} bytes cannot be read" if rest else text, rows, rtt_ms)


def owner(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask for firmware, name and owner."""
    yield from _be_contact(radio, key)
    request = bytes((Request.OWNER,)) + radio.station.entropy(4)
    body, rtt_ms = yield from _binary(radio, key, request)
    lines = body.partition(b"\0")[0].decode(errors="replace").split("\n", 2)
    facts = dict(zip(("firmware", "name", "owner"), lines, strict=False))
    return Told(", ".join(line for line in lines if line), pairs(facts), rtt_ms)


def access_list(radio: Radio, key: bytes, _: str) -> Asking:
    """Ask who may do what."""
    yield from _be_contact(radio, key)
    body, rtt_ms = yield from _binary(radio, key, bytes((Request.ACCESS_LIST, 0, 0)))
    entries = decode_access_list(body)
    rows = tuple(
        (
            ("node", prefix),
            ("name", name_of_hop(radio, prefix)),
            ("permissions", f"0x{permissions:02X}"),
        )
        for prefix, permissions in entries
    )
    return Told(f"{len(entries)} entries", rows, rtt_ms)


def command_line(radio: Radio, key: bytes, argument: str) -> Asking:
    """Send one line to its command line.

    Raises:
        LocalProtocolError: It is empty, or too long.
    """
    size = len(argument.encode(errors="replace"))
    if not argument.strip() or size > MAX_TEXT_BYTES:
        msg = f"a command has 1 to {MAX_TEXT_BYTES} bytes, not {size}"
        raise LocalProtocolError(msg)
    return _command_line(radio, key, argument)


def _command_line(radio: Radio, key: bytes, argument: str) -> Asking:
    yield from _be_contact(radio, key)
    yield from read_clock(radio, Priority.REQUEST)
    timestamp = radio.stamp(key, radio.station.next_timestamp(radio.now))
    command = SendTxtMsg(TextType.CLI, 0, timestamp, key[:6], argument)

    def done(_: Sent, frame: RadioFrame) -> str | None:
        if not isinstance(frame, ContactMsg | ContactMsgV3) or frame.prefix != key[:6]:
            return None
        return author_and_text(frame)[1] if frame.text_type == TextType.CLI else None

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
    return Told(SCHEME + frame.packet.hex().upper())


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


def _binary(radio: Radio, key: bytes, request: bytes) -> Generator[Step, Reply, tuple[bytes, int]]:
    """Ask a node something of its own list; the tag says which answer is whose."""

    def done(sent: Sent, frame: RadioFrame) -> BinaryResponse | None:
        return frame if isinstance(frame, BinaryResponse) and frame.tag == sent.tag else None

    frame, rtt_ms = yield from ask_air(radio, SendBinaryReq(key, request), done)
    return frame.body, rtt_ms
