"""Commands about the radio itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.networks.meshcore.companion import answers
from meshtui.sim.companion.desk import FILE_IO, ILLEGAL, OK, UNSUPPORTED, Reply

if TYPE_CHECKING:
    from meshtui.networks.meshcore.companion import commands
    from meshtui.sim.companion.desk import Desk

_REPEAT_KHZ: Final = ((433_000, 433_000), (869_495, 869_495), (918_000, 918_000))
_LEAST_DBM: Final = -9
_MOST_HOPS: Final = 64
_PIN: Final = range(100_000, 1_000_000)
_SPREADING: Final = range(5, 13)
_CODING: Final = range(5, 9)
_KHZ: Final = range(150_000, 2_500_001)
_HERTZ: Final = range(7_000, 500_001)


def app_start(desk: Desk, _: commands.AppStart) -> Reply:
    """Greet a program; whatever was being told before is not finished."""
    desk.is_listing = False
    mine, node = desk.preferences, desk.node
    return answers.SelfInfo(
        node_type=int(node.settings.role),
        power_dbm=mine.power_dbm,
        max_power_dbm=desk.board.max_power_dbm,
        key=node.public_key,
        lat=mine.lat,
        lon=mine.lon,
        multi_acks=mine.multi_acks,
        position_policy=mine.position_policy,
        telemetry=mine.telemetry,
        manual_add=mine.manual_add,
        frequency_khz=mine.frequency_khz,
        bandwidth_hz=mine.bandwidth_hz,
        spreading_factor=mine.spreading_factor,
        coding_rate=mine.coding_rate,
        name=node.settings.name,
    )


def device_query(desk: Desk, command: commands.DeviceQuery) -> Reply:
    """Say what the radio is."""
    desk.app_version = command.version
    board = desk.board
    return answers.DeviceInfo(
        version=board.version,
        half_max_contacts=min(255, board.max_contacts // 2),
        max_channels=board.max_channels,
        pin=desk.preferences.pin or board.pin,
        build=board.build,
        model=board.model,
        firmware=board.firmware,
        repeat=desk.preferences.repeat,
        path_hash_mode=desk.preferences.path_hash_mode,
    )


def get_time(desk: Desk, _: commands.Bare) -> Reply:
    """Read the clock."""
    return answers.CurrTime(desk.clock_s)


def set_time(desk: Desk, command: commands.SetDeviceTime) -> Reply:
    """Set the clock, never backwards."""
    if command.time < desk.clock_s:
        return ILLEGAL
    desk.node.set_clock(command.time, desk.now)
    return OK


def set_name(desk: Desk, command: commands.SetAdvertName) -> Reply:
    """Name the radio."""
    desk.rename(command.name)
    return OK


def set_position(desk: Desk, command: commands.SetAdvertLatLon) -> Reply:
    """Set where it is."""
    if abs(command.lat) > 90 or abs(command.lon) > 180:
        return ILLEGAL
    desk.preferences.lat, desk.preferences.lon = command.lat, command.lon
    desk.apply()
    return OK


def set_radio(desk: Desk, command: commands.SetRadioParams) -> Reply:
    """Tune the radio; off the others' channel it hears nobody."""
    repeats = bool(command.repeat)
    allowed = any(low <= command.frequency_khz <= high for low, high in _REPEAT_KHZ)
    if (
        command.spreading_factor not in _SPREADING
        or command.coding_rate not in _CODING
        or command.frequency_khz not in _KHZ
        or command.bandwidth_hz not in _HERTZ
        or (repeats and not allowed)
    ):
        return ILLEGAL
    mine = desk.preferences
    mine.frequency_khz, mine.bandwidth_hz = command.frequency_khz, command.bandwidth_hz
    mine.spreading_factor, mine.coding_rate = command.spreading_factor, command.coding_rate
    if command.repeat is not None:
        mine.repeat = int(repeats)
    desk.apply()
    desk.retune()
    return OK


def set_power(desk: Desk, command: commands.SetRadioTxPower) -> Reply:
    """Set the power, up to the board's."""
    if not _LEAST_DBM <= command.dbm <= desk.board.max_power_dbm:
        return ILLEGAL
    desk.preferences.power_dbm = command.dbm
    return OK


def set_tuning(desk: Desk, command: commands.SetTuningParams) -> Reply:
    """Set delays."""
    desk.preferences.rx_delay = command.rx_delay
    desk.preferences.airtime_factor = command.airtime_factor
    desk.apply()
    return OK


def get_tuning(desk: Desk, _: commands.Bare) -> Reply:
    """Read delays."""
    return answers.TuningParams(desk.preferences.rx_delay, desk.preferences.airtime_factor)


def set_other(desk: Desk, command: commands.SetOtherParams) -> Reply:
    """Set what SELF_INFO tells of adding, telemetry, position and acknowledgements."""
    mine = desk.preferences
    mine.manual_add = command.manual_add
    if command.telemetry is not None:
        mine.telemetry = command.telemetry
    if command.position_policy is not None:
        mine.position_policy = command.position_policy
    if command.multi_acks is not None:
        mine.multi_acks = command.multi_acks
    desk.apply()
    return OK


def battery(desk: Desk, _: commands.Bare) -> Reply:
    """Read battery and storage."""
    board = desk.board
    return answers.BattAndStorage(board.battery_mv, board.used_kb, board.total_kb)


def stats(desk: Desk, command: commands.GetStats) -> Reply:
    """Read counters."""
    counted = desk.node.stats
    match command.kind:
        case 0:
            uptime_s = counted.uptime_s(desk.now.mono_s)
            return answers.StatsCore(
                0,
                desk.board.battery_mv,
                uptime_s,
                counted.errors & 0xFFFF,
                min(255, counted.queue_len),
            )
        case 1:
            return answers.StatsRadio(
                1,
                counted.noise_dbm,
                max(-128, counted.last_rssi_dbm),  # one byte, however faint it was
                counted.last_snr_db,
                int(counted.tx_air_ms / 1000),
                int(counted.rx_air_ms / 1000),
            )
        case 2:
            return answers.StatsPackets(
                2,
                counted.received,
                counted.sent,
                counted.sent_flood,
                counted.sent_direct,
                counted.received_flood,
                counted.received_direct,
                counted.errors,
            )
        case _:
            return ILLEGAL


def set_pin(desk: Desk, command: commands.SetDevicePin) -> Reply:
    """Set the BLE PIN."""
    if command.pin and command.pin not in _PIN:
        return ILLEGAL
    desk.preferences.pin = command.pin
    return OK


def get_custom(desk: Desk, _: commands.Bare) -> Reply:
    """Read the board's variables."""
    pairs = desk.preferences.custom.items()
    return answers.CustomVars(",".join(f"{name}:{value}" for name, value in pairs))


def set_custom(desk: Desk, command: commands.SetCustomVar) -> Reply:
    """Set one of the board's variables; there are no others."""
    name, colon, value = command.text.partition(":")
    if not colon or name not in desk.preferences.custom:
        return ILLEGAL
    desk.preferences.custom[name] = value
    return OK


def set_autoadd(desk: Desk, command: commands.SetAutoaddConfig) -> Reply:
    """Say whom to add to the contacts."""
    desk.preferences.autoadd_bits = command.bits
    if command.max_hops is not None:
        desk.preferences.autoadd_hops = min(_MOST_HOPS, command.max_hops)
    desk.apply()
    return OK


def get_autoadd(desk: Desk, _: commands.Bare) -> Reply:
    """Read whom it adds."""
    return answers.AutoaddConfig(desk.preferences.autoadd_bits, desk.preferences.autoadd_hops)


def get_repeat_ranges(_desk: Desk, _: commands.Bare) -> Reply:
    """Say where it may repeat."""
    return answers.AllowedRepeatFreq(_REPEAT_KHZ)


def set_hash_mode(desk: Desk, command: commands.SetPathHashMode) -> Reply:
    """Choose the size of the hashes in our floods' paths."""
    if command.reserved:
        return UNSUPPORTED
    if command.mode > 2:
        return ILLEGAL
    desk.preferences.path_hash_mode = command.mode
    desk.apply()
    return OK


def reboot(desk: Desk, command: commands.Reboot) -> Reply:
    """Start anew."""
    if command.word != "reboot":
        return UNSUPPORTED
    desk.restart(False)
    return None


def factory_reset(desk: Desk, command: commands.FactoryReset) -> Reply:
    """Forget everything and start anew."""
    if command.word != "reset":
        return UNSUPPORTED
    if desk.is_listing:
        return FILE_IO
    desk.tell(OK)
    desk.restart(True)
    return None
