"""What a simulated companion radio does beside answering as recorded: see the golden exchanges."""

from __future__ import annotations

import struct
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshtui.crypto.ed25519 import from_seed, verify
from meshtui.model.packet import RxMeta
from meshtui.networks.meshcore.companion.codes import Answer, Command, Push
from meshtui.networks.meshcore.companion.frames import decode_frame
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.node.contacts import Contact, OutPath
from meshtui.networks.meshcore.node.node import MeshcoreNode
from meshtui.networks.meshcore.node.settings import NodeSettings
from meshtui.sim.companion.board import MAX_UNREAD, Board, Inbox
from meshtui.sim.companion.desk import Owner
from meshtui.sim.companion.radio import CompanionRadio
from meshtui.sim.engine import Engine
from meshtui.sim.meshcore_station import MeshcoreStation
from tests.support.meshcore_radio_bench import Ether

KEY, OTHER = from_seed(bytes([1]) * 32), from_seed(bytes([2]) * 32)
BOB = OTHER.public_key
ERR = bytes((Answer.ERR,))
UNSUPPORTED, NOT_FOUND, BAD_STATE, ILLEGAL = ERR + b"\1", ERR + b"\2", ERR + b"\4", ERR + b"\6"
OK = b"\0"


class Bench:
    """A radio whose program we are."""

    def __init__(self, board: Board | None = None) -> None:
        self.engine, self.ether, self.frames = Engine(), Ether(), []
        keyring, entropy = Keyring(), Random(1).randbytes
        node = MeshcoreNode(KEY, NodeSettings(name="Ann"), entropy, keyring)
        self.station = MeshcoreStation(0, node, self.ether, self.engine, lambda _: None)
        self.station.switch(is_on=True)
        owner = Owner(KEY, keyring, entropy)
        self.radio = CompanionRadio(self.station, owner, self.frames.append, board)
        self.radio.connect()
        self.desk = self.radio.desk

    def ask(self, command: int, body: bytes = b"") -> list[bytes]:
        """Send a command; returns what comes at once and within a second."""
        self.frames.clear()
        self.radio.command(bytes((command,)) + body)
        self.engine.run_until(self.engine.now_s + 1.0)
        return list(self.frames)

    def knows_bob(self) -> Bench:
        self.station.node.add_contact(Contact(BOB, "Bob", modified_s=5))
        return self


def test_without_a_program_nothing_is_told() -> None:
    bench = Bench()
    bench.radio.connect(is_connected=False)

    assert bench.ask(Command.GET_DEVICE_TIME) == []


@pytest.mark.parametrize("command", [c for c in Command if c not in {19, 51}])
def test_a_command_cut_short_is_unknown_or_complete(command: int) -> None:
    bench = Bench().knows_bob()

    answers = bench.ask(command)

    assert all(decode_frame(frame) for frame in answers)
    assert answers or command == Command.REBOOT


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=176))
def test_no_command_makes_it_raise(payload: bytes) -> None:
    bench = Bench().knows_bob()

    bench.radio.command(payload)
    bench.engine.run_until(5.0)

    assert all(len(frame) <= 176 for frame in bench.frames)


def test_contacts_are_streamed_and_a_second_listing_must_wait() -> None:
    bench = Bench().knows_bob()
    bench.radio.command(bytes((Command.GET_CONTACTS,)))

    assert bench.ask(Command.GET_CONTACTS)[0] == BAD_STATE
    assert [frame[0] for frame in bench.ask(Command.GET_CONTACTS)] == [2, 3, 4]
    assert [frame[0] for frame in bench.ask(Command.GET_CONTACTS, b"\5\0\0\0")] == [2, 4]


def test_a_program_that_begins_anew_ends_the_listing() -> None:
    bench = Bench().knows_bob()
    bench.radio.command(bytes((Command.GET_CONTACTS,)))

    frames = bench.ask(Command.APP_START, bytes(7))

    assert [frame[0] for frame in frames] == [Answer.SELF_INFO]


def test_paths_favourites_and_positions_of_contacts_are_kept() -> None:
    bench = Bench()
    entry = BOB + b"\1\1\x42" + b"\xaa\xbb\xcc\xdd".ljust(64, b"\0") + b"Bob".ljust(32, b"\0")
    entry += struct.pack("<Iii", 77, 45_000_000, -3_000_000)

    assert bench.ask(Command.ADD_UPDATE_CONTACT, entry) == [OK]

    told = bench.ask(Command.GET_CONTACT_BY_KEY, BOB)[0]
    assert told[1 : 1 + len(entry)] == entry
    assert bench.station.node.out_path(BOB) == OutPath(0x42, b"\xaa\xbb\xcc\xdd")
    assert bench.ask(Command.RESET_PATH, BOB) == [OK]
    assert bench.station.node.out_path(BOB) is None


def test_channels_are_set_read_and_cleared() -> None:
    bench = Bench()
    entry = b"\3" + b"Mine".ljust(32, b"\0") + bytes(range(16))

    assert bench.ask(Command.SET_CHANNEL, entry) == [OK]
    assert bench.ask(Command.GET_CHANNEL, b"\3") == [b"\x12" + entry]
    assert bench.ask(Command.SEND_CHANNEL_TXT_MSG, b"\0\3\0\0\0\0hello") == [OK]
    assert len(bench.ether.sent) == 1
    assert bench.ask(Command.SET_CHANNEL, b"\3" + bytes(48)) == [OK]
    assert bench.ask(Command.SEND_CHANNEL_TXT_MSG, b"\0\3\0\0\0\0hello") == [NOT_FOUND]
    assert bench.ask(Command.SET_CHANNEL, b"\x63" + bytes(48)) == [NOT_FOUND]


def test_a_text_too_long_and_one_of_another_kind_are_refused() -> None:
    bench = Bench().knows_bob()
    head = b"\0\0\0\0\0\0" + BOB[:6]

    assert bench.ask(Command.SEND_TXT_MSG, head + b"x" * 161) == [ERR + b"\3"]
    assert bench.ask(Command.SEND_TXT_MSG, b"\2" + head[1:] + b"x") == [UNSUPPORTED]


def test_settings_out_of_range_are_refused_and_change_nothing() -> None:
    bench = Bench()
    before = bench.ask(Command.APP_START, bytes(7))

    for command, body in (
        (Command.SET_ADVERT_LATLON, struct.pack("<ii", 91_000_000, 0)),
        (Command.SET_RADIO_PARAMS, struct.pack("<IIBB", 869_618, 62_500, 13, 5)),
        (Command.SET_RADIO_PARAMS, struct.pack("<IIBBB", 869_618, 62_500, 8, 5, 1)),
        (Command.SET_DEVICE_PIN, struct.pack("<I", 99)),
        (Command.SET_CUSTOM_VAR, b"gps"),
    ):
        assert bench.ask(command, body) == [ILLEGAL]

    assert bench.ask(Command.APP_START, bytes(7)) == before


def test_other_settings_come_back_as_they_were_set() -> None:
    bench = Bench()

    assert bench.ask(Command.SET_OTHER_PARAMS, b"\1\x2a\1\1") == [OK]
    assert bench.ask(Command.SET_TUNING_PARAMS, struct.pack("<II", 2_000, 9_000)) == [OK]
    assert bench.ask(Command.SET_DEVICE_PIN, struct.pack("<I", 654_321)) == [OK]

    info = bench.ask(Command.APP_START, bytes(7))[0]
    assert info[44:48] == b"\1\1\x2a\1"
    assert bench.ask(Command.GET_TUNING_PARAMS)[0][1:] == struct.pack("<II", 2_000, 9_000)
    assert bench.ask(Command.DEVICE_QUERY, b"\3")[0][4:8] == struct.pack("<I", 654_321)


def test_a_scope_may_be_overridden_and_given_back() -> None:
    bench = Bench()
    bench.ask(Command.SET_DEFAULT_FLOOD_SCOPE, b"#home".ljust(31, b"\0") + bytes(range(16)))

    def route() -> int:
        bench.ask(Command.SEND_SELF_ADVERT, b"\1")
        return bench.ether.sent[-1][0] & 3

    assert route() == 0
    assert bench.ask(Command.SET_FLOOD_SCOPE_KEY, b"\1") == [OK]
    assert route() == 1
    assert bench.ask(Command.SET_FLOOD_SCOPE_KEY, b"\0") == [OK]
    assert route() == 0
    assert bench.ask(Command.SET_FLOOD_SCOPE_KEY, b"\2") == [ILLEGAL]


def test_it_signs_in_pieces_and_only_what_was_begun() -> None:
    bench = Bench()

    assert bench.ask(Command.SIGN_DATA, b"x") == [BAD_STATE]
    assert bench.ask(Command.SIGN_START) == [b"\x13\0\0\x20\0\0"]
    assert bench.ask(Command.SIGN_DATA, b"a" * 120) == [OK]
    assert bench.ask(Command.SIGN_DATA, b"b" * 20) == [OK]
    signature = bench.ask(Command.SIGN_FINISH)[0][1:]

    assert verify(KEY.public_key, b"a" * 120 + b"b" * 20, signature)


def test_more_than_it_can_hold_is_not_signed() -> None:
    bench = Bench()
    bench.ask(Command.SIGN_START)

    answers = [bench.ask(Command.SIGN_DATA, bytes(170))[0] for _ in range(50)]

    assert answers[0] == OK
    assert answers[-1] == ERR + b"\3"


def test_another_private_key_makes_it_another_node_with_the_same_contacts() -> None:
    bench = Bench()
    bench.ask(Command.ADD_UPDATE_CONTACT, KEY.public_key[:31] + b"\1" + bytes(103))

    assert bench.ask(Command.IMPORT_PRIVATE_KEY, OTHER.private.reveal) == [OK]

    assert bench.ask(Command.APP_START, bytes(7))[0][4:36] == BOB
    assert bench.ask(Command.EXPORT_PRIVATE_KEY) == [b"\x0e" + OTHER.private.reveal]
    assert len(bench.station.node.contacts) == 1
    assert bench.ask(Command.IMPORT_PRIVATE_KEY, bytes(64)) == [ILLEGAL]


def test_after_a_reboot_it_is_mute_for_a_while_and_has_kept_its_contacts() -> None:
    bench = Bench(Board(reboot_s=3.0)).knows_bob()
    cut_off = []
    bench.radio.rebooted = lambda: cut_off.append(True)

    assert bench.ask(Command.REBOOT, b"reboot") == []
    assert bench.ask(Command.GET_DEVICE_TIME) == []
    bench.engine.run_until(10.0)

    assert cut_off == [True]
    assert len(bench.ask(Command.GET_CONTACTS)) == 3


def test_a_factory_reset_forgets_all() -> None:
    bench = Bench().knows_bob()
    bench.ask(Command.SET_CHANNEL, b"\3" + b"Mine".ljust(32, b"\0") + bytes(range(16)))

    assert bench.ask(Command.FACTORY_RESET, b"no") == [UNSUPPORTED]
    assert bench.ask(Command.FACTORY_RESET, b"reset") == [OK]
    bench.engine.run_until(10.0)

    assert len(bench.station.node.contacts) == 0
    assert bench.desk.slot_of("Mine") is None
    assert bench.desk.slot_of("Public") == 0
    assert bench.ask(Command.APP_START, bytes(7))[0].endswith(
        KEY.public_key[:4].hex().upper().encode()
    )


def test_a_packet_that_fits_no_frame_is_not_told_raw() -> None:
    bench = Bench()

    bench.station.hear(b"\x15\0" + bytes(171), RxMeta(-140, 40.0))
    bench.station.hear(b"\x15\0" + bytes(172), RxMeta(-90, 5.0))

    raw = [frame for frame in bench.frames if frame[0] == Push.LOG_RX_DATA]
    assert len(raw) == 1
    assert raw[0][:3] == bytes((Push.LOG_RX_DATA, 127, 128))


def test_a_full_inbox_forgets_the_oldest_of_a_channel_but_no_letter() -> None:
    inbox = Inbox()
    for number in range(MAX_UNREAD):
        inbox.put(bytes((number,)), is_channel=number in {3, 5})

    assert inbox.put(b"a", is_channel=False)
    assert inbox.put(b"b", is_channel=False)
    assert not inbox.put(b"c", is_channel=True)

    assert [inbox.take() for _ in range(MAX_UNREAD)] == [
        *(bytes((n,)) for n in range(MAX_UNREAD) if n not in {3, 5}),
        b"a",
        b"b",
    ]
    assert inbox.take() is None


def test_statistics_tell_how_faint_the_last_packet_was_as_far_as_a_byte_goes() -> None:
    bench = Bench()
    bench.station.node.stats.last_rssi_dbm = -131

    assert bench.ask(Command.GET_STATS, b"\1")[0][4] == 0x80
