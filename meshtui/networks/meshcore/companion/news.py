"""What a radio tells unasked, where no script waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.model.event import PacketDropped
from meshtui.model.ids import NodeId
from meshtui.networks.meshcore.companion.asking import name_of_node
from meshtui.networks.meshcore.companion.codes import Push
from meshtui.networks.meshcore.companion.greeting import fetch_messages, read_contact
from meshtui.networks.meshcore.companion.pushes import (
    Advert,
    BarePush,
    ContactDeleted,
    ControlData,
    LoginFail,
    LoginSuccess,
    NewAdvert,
    PathUpdated,
    RawData,
    SendConfirmed,
)
from meshtui.networks.meshcore.companion.scripts import Pause, Script
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion.frames import RadioFrame
    from meshtui.networks.meshcore.companion.inbox import Inbox
    from meshtui.networks.meshcore.companion.outbox import Outbox
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_STALE: Final = 400
FLOOD_PAUSE_S: Final = 1.0


class Pushes:
    """Does what pushes call for; what comes a thousand times a second is done once."""

    def __init__(self, radio: Radio, inbox: Inbox, outbox: Outbox) -> None:
        """Keep to one radio."""
        self._radio = radio
        self._inbox = inbox
        self._outbox = outbox
        self.reset()

    def reset(self) -> None:
        """The link is gone: nothing is on its way."""
        self._stale: dict[bytes, None] = {}
        self._reader = 0
        self._fetcher = 0
        self._is_mail_waiting = False

    def fetch(self) -> None:
        """Take the texts that the radio kept."""
        self._is_mail_waiting = True
        if not self._radio.scripts.is_running(self._fetcher):
            self._fetcher = self._radio.run(self._fetch())

    def take(self, frame: RadioFrame) -> None:
        """Do what a push calls for."""
        radio = self._radio
        if radio.scripts.hear(frame, radio.now.mono_s):
            return
        match frame:
            case BarePush(Push.MSG_WAITING):
                self.fetch()
            case Advert(key) | PathUpdated(key):
                self._reread(key)
            case NewAdvert():
                radio.take_advert(frame)
            case BarePush(Push.CONTACTS_FULL) | ContactDeleted():
                self._is_full(frame)
            case SendConfirmed():
                if not self._outbox.confirmed(frame):
                    self._drop("an acknowledgement of nothing we wait for")
            case LoginSuccess(_, prefix) | LoginFail(_, prefix):
                self._login(frame, prefix)
            case RawData() | ControlData():
                pass  # the raw log has told of the packet
            case _:
                self._drop("an answer that nobody waits for any more")

    def _reread(self, key: bytes) -> None:
        """Note that a contact changed; it is read when there is nothing better to do."""
        if len(self._stale) < MAX_STALE:
            self._stale[key] = None
        if not self._radio.scripts.is_running(self._reader):
            self._reader = self._radio.run(self._read_stale())

    def _read_stale(self) -> Script:
        while self._stale:
            key = next(iter(self._stale))
            del self._stale[key]
            yield from read_contact(self._radio, key)
        self._radio.tell_device()

    def _fetch(self) -> Script:
        while self._is_mail_waiting:
            self._is_mail_waiting = False
            if not (yield from fetch_messages(self._inbox.take)):
                self._is_mail_waiting = True
                yield Pause(FLOOD_PAUSE_S)

    def _is_full(self, frame: RadioFrame) -> None:
        """Say what follows from a table that is full."""
        radio, full = self._radio, "the radio's contact table is full"
        if not isinstance(frame, ContactDeleted):
            text = f"{full}: it takes nobody new; `contacts-old 30` lists whom to remove"
            radio.news("contacts-full", text, is_error=True)
            return
        name, node_id = name_of_node(radio, frame.key), NodeId(frame.key.hex())
        radio.drop_contact(frame.key)
        text = f"{full}: it made room by forgetting {name}"
        radio.news("contact-deleted", text, node_id, is_error=True)
        radio.tell_device()

    def _login(self, frame: RadioFrame, prefix: bytes) -> None:
        keys = self._radio.keys_of(prefix)
        node_id = NodeId(keys[0].hex()) if keys else None
        if isinstance(frame, LoginSuccess):
            self._radio.news("login", "logged in", node_id)
        else:
            self._radio.news("login", "it refused the password", node_id, is_error=True)

    def _drop(self, detail: str) -> None:
        radio = self._radio
        radio.emit(PacketDropped(NETWORK, radio.link_id, "unasked", detail, "", "", radio.now))
