"""Which Bluetooth radios are in reach, and which of them a link URL means.

    AA:BB:CC:DD:EE:FF     the one of this address, or of a UUID that stands for it
    MeshCore-Alice        the one of this name, upper or lower case
    MeshCore*             the only one whose name fits; of several, the only one that is paired

What a device says of itself is anybody's word: names are cleaned here, and two devices may bear
the same one.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from meshtui.errors import TransportError
from meshtui.model.text import clean_line
from meshtui.transports import ble_words

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence

    from bleak import BleakScanner
    from bleak.args.bluez import BlueZScannerArgs
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

UART_SERVICE: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
# A crowded hall, or somebody who makes names up: more are not remembered.
MAX_SEEN: Final = 100
MAX_NAME: Final = 40
FIND_TIMEOUT_S = 7.0
# How long a second device of the same name is looked for, or of another that fits as well.
RIVAL_S = 1.0
PATTERN_RIVAL_S = 3.0
REFRESH_S = 0.5
_SHOWN: Final = 5
_ADDRESS: Final = re.compile(
    r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)
_NO_RSSI: Final = -127


@dataclass(frozen=True, slots=True)
class Radio:
    """A device that was heard.

    Attributes:
        name: As it calls itself, fit to be shown; empty = it does not say.
        raw_name: The same as it came.
        address: A Bluetooth address, or on macOS the UUID that stands for one.
        rssi_dbm: How well it is heard; None = not known (a device that is connected is silent).
        is_uart: It says that it has a Nordic UART.
        is_lasting: Its address will be the same tomorrow.
        is_paired: This machine and it know each other, as far as the system says.
        device: What bleak connects to.
    """

    name: str
    raw_name: str = field(repr=False)
    address: str
    rssi_dbm: int | None
    is_uart: bool
    is_lasting: bool
    device: Any = field(repr=False, compare=False)
    is_paired: bool = False

    @property
    def words(self) -> str:
        """Name, address and strength in one line."""
        strength = "" if self.rssi_dbm is None else f", {self.rssi_dbm} dBm"
        return f"{self.name or '(no name)'} ({self.address}{strength})"


def is_address(text: str) -> bool:
    """It is a Bluetooth address or a UUID, not a name."""
    return _ADDRESS.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """It leaves open which radio is meant: a `*` in it stands for any letters, or none."""
    return "*" in text


def radio_url(network: str, radio: Radio) -> str:
    """Write the link URL that leads to a radio: by its address, where that lasts.

    A name is anybody's to take; it is the way to a radio only where its address changes.
    """
    if not radio.is_lasting and radio.raw_name.isprintable() and radio.raw_name:
        return f"{network}+ble://{quote(radio.raw_name, safe='')}"
    title = re.sub(r"[^A-Za-z0-9._-]+", "-", radio.name).strip("-")
    return f"{network}+ble://{radio.address}" + (f"?title={title}" if title else "")


async def scan(adapter: str, for_s: float) -> AsyncGenerator[Sequence[Radio], None]:
    """Listen for radios with a Nordic UART; what was heard so far, again and again.

    Yields:
        The strongest first, at most `MAX_SEEN`.

    Raises:
        TransportError: There is no Bluetooth here, it is off, or we may not use it.
    """
    seen: dict[str, Radio] = {}
    until_s = asyncio.get_running_loop().time() + for_s
    async with _scanning(adapter, seen, lambda _: None, [UART_SERVICE]):
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(REFRESH_S)
            yield by_strength(seen.values())


async def try_adapter(adapter: str) -> None:
    """Begin to listen, and end: Bluetooth is there, on, and ours to use.

    Raises:
        TransportError: It is not, and why.
    """
    async with _scanning(adapter, {}, lambda _: None):
        pass


async def find(wanted: str, adapter: str) -> Radio:
    """Look for the one radio of this address or name, or the only one that fits a pattern.

    Raises:
        TransportError: It is not in reach, or several could be meant; it names them.
    """
    seen: dict[str, Radio] = {}
    is_here = asyncio.Event()

    def note(radio: Radio) -> None:
        if _is(radio, wanted):
            is_here.set()

    connected = [radio for radio in await _connected(adapter) if _is(radio, wanted)]
    if connected:
        return _only(connected, wanted)
    async with _scanning(adapter, seen, note):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIND_TIMEOUT_S):
                await is_here.wait()
                if not is_address(wanted):
                    await asyncio.sleep(PATTERN_RIVAL_S if is_pattern(wanted) else RIVAL_S)
    fitting = by_strength(radio for radio in seen.values() if _is(radio, wanted))
    if not fitting:
        raise TransportError(_not_found(wanted, seen.values()))
    return _only(fitting, wanted)


def by_strength(radios: Iterable[Radio]) -> list[Radio]:
    """Sort, the strongest first."""
    return sorted(radios, key=lambda each: (-(each.rssi_dbm or _NO_RSSI), each.address))


def _is(radio: Radio, wanted: str) -> bool:
    if is_address(wanted):
        return radio.address.casefold() == wanted.casefold()
    name = radio.raw_name.casefold()
    if not is_pattern(wanted):
        return name == wanted.casefold()
    # Only `*` stands for something; with no letter beside it, for any that could be a radio.
    pattern = wanted.casefold().replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(name, pattern) and (radio.is_uart or bool(wanted.strip("*")))


def _only(fitting: Sequence[Radio], wanted: str) -> Radio:
    """Return the one that is meant.

    Raises:
        TransportError: Several could be.
    """
    if len(fitting) > 1 and is_pattern(wanted):
        # A neighbour's radio may be in reach, too; ours is the one that was paired with.
        fitting = [radio for radio in fitting if radio.is_paired] or fitting
    if len(fitting) == 1:
        return fitting[0]
    there = "; ".join(radio.words for radio in fitting[:_SHOWN])
    called = "fit" if is_pattern(wanted) else "are called"
    msg = f"{len(fitting)} devices {called} {_shown(wanted)}; write the address: {there}"
    raise TransportError(msg, is_final=True)


def _not_found(wanted: str, seen: Iterable[Radio]) -> str:
    # Those that could be meant first; a neighbour's headphones are rarely of help.
    others = sorted(by_strength(seen), key=lambda radio: not radio.is_uart)
    there = "; ".join(radio.words for radio in others[:_SHOWN])
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    heard = f"heard instead: {there}{more}" if others else "no Bluetooth device was heard at all"
    missing = f"{_shown(wanted)} is not in reach, or connected to somebody else"
    if is_pattern(wanted):
        missing = f"no radio that fits {_shown(wanted)} is in reach and free"
    return f"{missing}; {heard}"


def _shown(wanted: str) -> str:
    return wanted.upper() if is_address(wanted) else clean_line(wanted, MAX_NAME)


@contextlib.asynccontextmanager
async def _scanning(
    adapter: str,
    seen: dict[str, Radio],
    note: Callable[[Radio], None],
    service_uuids: list[str] | None = None,
) -> AsyncIterator[None]:
    """Listen for the length of a block; what was heard is in `seen`, by address."""

    def on_heard(device: BLEDevice, heard: AdvertisementData) -> None:
        if device.address in seen or len(seen) < MAX_SEEN:
            radio = _radio(device, heard.local_name, heard.rssi, heard.service_uuids)
            seen[device.address] = radio
            note(radio)

    try:
        # In a thread: bleak takes a tenth of a second to load.
        scanner = await asyncio.to_thread(_make_scanner, adapter, on_heard, service_uuids)
        await scanner.start()
    except Exception as error:  # noqa: BLE001 - D-Bus and the system have their own
        raise ble_words.of_failure("", error) from None
    try:
        yield
    finally:
        # The adapter may have gone meanwhile; what was heard counts.
        with contextlib.suppress(Exception):
            await scanner.stop()


def _make_scanner(
    adapter: str,
    on_heard: Callable[[BLEDevice, AdvertisementData], None],
    service_uuids: list[str] | None,
) -> BleakScanner:
    from bleak import BleakScanner

    bluez: BlueZScannerArgs = {"adapter": adapter} if adapter else {}
    return BleakScanner(on_heard, service_uuids, bluez=bluez)


async def _connected(adapter: str) -> list[Radio]:
    """Radios the system is connected to: they are silent, and no scan finds them.

    One is left over where a program was killed: the connection is the system's, not the program's.
    """
    try:
        from bleak import BleakAdapter

        system = await BleakAdapter.get(bluez={"adapter": adapter} if adapter else {})
        devices = await system.get_connected_devices([UART_SERVICE])
    except NotImplementedError:
        return []
    except Exception as error:  # noqa: BLE001 - D-Bus and the system have their own
        raise ble_words.of_failure("", error) from None
    return [_radio(device, device.name, None, [UART_SERVICE]) for device in devices]


def _radio(
    device: BLEDevice, name: str | None, rssi_dbm: int | None, services: Iterable[str]
) -> Radio:
    raw = name or device.name or ""
    return Radio(
        clean_line(raw, MAX_NAME),
        raw,
        device.address,
        None if rssi_dbm == _NO_RSSI else rssi_dbm,
        UART_SERVICE in services,
        _is_lasting(device),
        device,
        _properties(device).get("Paired") is True,
    )


def _is_lasting(device: BLEDevice) -> bool:
    """Random addresses that are not static (two high bits set) change every few minutes."""
    if _properties(device).get("AddressType") != "random":
        return True
    return int(device.address[:2], 16) & 0xC0 == 0xC0


def _properties(device: BLEDevice) -> Mapping[str, object]:
    """What BlueZ says of it; other systems say nothing."""
    details = device.details if isinstance(device.details, dict) else {}
    properties: Mapping[str, object] = details.get("props", {})
    return properties
