"""A companion radio: payloads of command frames in, payloads of answers and pushes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.channel_key import PUBLIC
from meshtui.networks.meshcore.companion.codes import Command
from meshtui.networks.meshcore.companion.frames import code_of, decode_command
from meshtui.sim.companion import of_contacts, of_device, of_others, of_texts
from meshtui.sim.companion.board import Board, Preferences
from meshtui.sim.companion.desk import ILLEGAL, UNSUPPORTED, Desk, Reply
from meshtui.sim.companion.pushing import learned, overheard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.outputs import NodeOutput
    from meshtui.sim.companion.desk import Owner
    from meshtui.sim.meshcore_station import MeshcoreStation

_HANDLERS: Final[Mapping[int, Callable[[Desk, Any], Reply]]] = {
    Command.APP_START: of_device.app_start,
    Command.DEVICE_QUERY: of_device.device_query,
    Command.GET_DEVICE_TIME: of_device.get_time,
    Command.SET_DEVICE_TIME: of_device.set_time,
    Command.SET_ADVERT_NAME: of_device.set_name,
    Command.SET_ADVERT_LATLON: of_device.set_position,
    Command.SET_RADIO_PARAMS: of_device.set_radio,
    Command.SET_RADIO_TX_POWER: of_device.set_power,
    Command.SET_TUNING_PARAMS: of_device.set_tuning,
    Command.GET_TUNING_PARAMS: of_device.get_tuning,
    Command.SET_OTHER_PARAMS: of_device.set_other,
    Command.GET_BATT_AND_STORAGE: of_device.battery,
    Command.GET_STATS: of_device.stats,
    Command.SET_DEVICE_PIN: of_device.set_pin,
    Command.GET_CUSTOM_VARS: of_device.get_custom,
    Command.SET_CUSTOM_VAR: of_device.set_custom,
    Command.SET_AUTOADD_CONFIG: of_device.set_autoadd,
    Command.GET_AUTOADD_CONFIG: of_device.get_autoadd,
    Command.GET_ALLOWED_REPEAT_FREQ: of_device.get_repeat_ranges,
    Command.SET_PATH_HASH_MODE: of_device.set_hash_mode,
    Command.REBOOT: of_device.reboot,
    Command.FACTORY_RESET: of_device.factory_reset,
    Command.GET_CONTACTS: of_contacts.listing,
    Command.GET_CONTACT_BY_KEY: of_contacts.get,
    Command.ADD_UPDATE_CONTACT: of_contacts.add_or_update,
    Command.REMOVE_CONTACT: of_contacts.remove,
    Command.RESET_PATH: of_contacts.reset_path,
    Command.SHARE_CONTACT: of_contacts.share,
    Command.EXPORT_CONTACT: of_contacts.export,
    Command.IMPORT_CONTACT: of_contacts.take_in,
    Command.GET_ADVERT_PATH: of_contacts.advert_path,
    Command.SEND_TXT_MSG: of_texts.send_text,
    Command.SEND_CHANNEL_TXT_MSG: of_texts.send_channel_text,
    Command.SEND_CHANNEL_DATA: of_texts.send_channel_data,
    Command.SYNC_NEXT_MESSAGE: of_texts.sync_next,
    Command.GET_CHANNEL: of_texts.get_channel,
    Command.SET_CHANNEL: of_texts.set_channel,
    Command.SEND_LOGIN: of_others.login,
    Command.LOGOUT: of_others.logout,
    Command.HAS_CONNECTION: of_others.has_connection,
    Command.SEND_STATUS_REQ: of_others.status,
    Command.SEND_TELEMETRY_REQ: of_others.telemetry,
    Command.SEND_BINARY_REQ: of_others.binary,
    Command.SEND_ANON_REQ: of_others.anonymous,
    Command.SEND_PATH_DISCOVERY_REQ: of_others.discover_path,
    Command.SEND_TRACE_PATH: of_others.trace,
    Command.SEND_SELF_ADVERT: of_others.advertise,
    Command.SEND_RAW_DATA: of_others.raw_data,
    Command.SEND_CONTROL_DATA: of_others.control,
    Command.SEND_RAW_PACKET: of_others.raw_packet,
    Command.SET_FLOOD_SCOPE_KEY: of_others.set_scope,
    Command.SET_DEFAULT_FLOOD_SCOPE: of_others.set_default_scope,
    Command.GET_DEFAULT_FLOOD_SCOPE: of_others.get_default_scope,
    Command.SIGN_START: of_others.sign_start,
    Command.SIGN_DATA: of_others.sign_data,
    Command.SIGN_FINISH: of_others.sign_finish,
    Command.EXPORT_PRIVATE_KEY: of_others.export_key,
    Command.IMPORT_PRIVATE_KEY: of_others.import_key,
}


class CompanionRadio:
    """The firmware of one radio.

    Attributes:
        desk: What it keeps.
        rebooted: Called when it starts anew: a link to it is cut off.
    """

    def __init__(
        self,
        station: MeshcoreStation,
        owner: Owner,
        give: Callable[[bytes], None],
        board: Board | None = None,
        preferences: Preferences | None = None,
    ) -> None:
        """Take over a station and its ears.

        Args:
            give: Called with the payload of each frame for the program; see `connect`.
        """
        self.desk = Desk(station, owner, board or Board(), preferences or Preferences(), give)
        self.rebooted: Callable[[], None] = lambda: None
        self._is_up = True
        self._starts = 0
        self.desk.restart = self._restart
        self.desk.apply()
        self.desk.set_slot(0, PUBLIC.name, PUBLIC.secret.reveal)
        station.node.stats.started_s = station.engine.now_s
        station.listen = self._learn
        station.overhear = self._overhear

    def connect(self, *, is_connected: bool = True) -> None:
        """Note that a program is there, or has left; what is unasked for is then lost."""
        self.desk.is_connected = is_connected
        if not is_connected:
            self.desk.is_listing = False

    def command(self, payload: bytes) -> None:
        """Carry out a command; its answer is given before this returns, listings excepted."""
        if not self._is_up:
            return
        reply: Reply
        try:
            command = decode_command(payload)
            handler = _HANDLERS.get(code_of(command))
            reply = UNSUPPORTED if handler is None else handler(self.desk, command)
        except DecodeError:
            reply = UNSUPPORTED
        except EncodeError:
            reply = ILLEGAL
        if reply is not None:
            self.desk.tell(reply)

    def _learn(self, output: NodeOutput) -> None:
        if self._is_up:
            learned(self.desk, output)

    def _overhear(self, data: bytes, rx: RxMeta) -> None:
        if self._is_up:
            overheard(self.desk, data, rx)

    def _restart(self, is_as_new: bool) -> None:  # noqa: FBT001 - a callback has no names
        """Be deaf and mute for a while."""
        desk = self.desk
        self._is_up = False
        self._starts += 1
        desk.forget()
        desk.station.switch(is_on=False)
        if is_as_new:
            self._forget_everything()
        desk.station.engine.after(desk.board.reboot_s, self._start, self._starts)
        self.rebooted()

    def _start(self, number: int) -> None:
        if number == self._starts:
            self._is_up = True
            self.desk.node.stats.started_s = self.desk.station.engine.now_s
            self.desk.station.switch(is_on=True)

    def _forget_everything(self) -> None:
        desk = self.desk
        for contact in list(desk.node.contacts):
            desk.node.remove_contact(contact.public_key)
        for slot, channel in enumerate(desk.slots):
            if channel is not None:
                desk.set_slot(slot, "", bytes(16))
        desk.set_slot(0, PUBLIC.name, PUBLIC.secret.reveal)
        desk.preferences = Preferences(power_dbm=desk.preferences.power_dbm)
        desk.rename(desk.node.public_key[:4].hex().upper())
        desk.apply()
        desk.retune()
