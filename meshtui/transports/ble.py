"""Gateways over Bluetooth Low Energy that speak lines through a Nordic UART service.

bleak is loaded when the first link opens. There is no PIN in a URL: pairing is the system's, and
so is what it remembers.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError
from meshtui.model.link import LinkKind
from meshtui.transports import ble_scan, ble_words
from meshtui.transports.base import OptionSpec
from meshtui.transports.radio import RADIO_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

    from meshtui.model.ids import Instant
    from meshtui.model.link import LinkSetup
    from meshtui.transports.base import Link, LinkSpec
    from meshtui.transports.ble_link import BleLink

UART_TO_RADIO: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
UART_FROM_RADIO: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
OPEN_TIMEOUT_S = 12.0
# What is begun and fails is taken back; a real disconnect takes two and a half seconds. Who ends
# the program does not wait for it: the system has been told by then.
UNDO_TIMEOUT_S = 2.9
HURRIED_UNDO_S = 0.3
SMALLEST_WRITE: Final = 20
LARGEST_WRITE: Final = 512  # of a value in ATT; what is longer vanishes without a word
SIZE_TIMEOUT_S = 1.0
# BlueZ then notifies each of them as often as there are listeners.
_SHARED: Final = "another program listens to this radio: what comes may come twice"


@dataclass(frozen=True, slots=True)
class BleTransport:
    """Opens links to Nordic UARTs."""

    schemes: tuple[str, ...] = ("ble",)
    kind: LinkKind = LinkKind.PIECES
    options: tuple[OptionSpec, ...] = (
        *RADIO_OPTIONS,
        OptionSpec("adapter", "which Bluetooth adapter, such as hci1 (Linux)"),
        OptionSpec("pair", "1: pair before use; the system asks for the PIN", "0", ("0", "1")),
    )

    def check(self, spec: LinkSpec) -> None:
        """Find nothing wrong: any name may be a device's."""

    async def open(
        self,
        spec: LinkSpec,
        setup: LinkSetup,  # noqa: ARG002 - nobody is there to be told
        now: Callable[[], Instant],
    ) -> Link:
        """Find the device by name or address, connect, and listen; at most 15 seconds.

        Where the URL leaves open which one is meant (`MeshCore*`), the link's remark says which
        was taken.

        Raises:
            TransportError: With a sentence that says what was tried and what to do.
        """
        from meshtui.transports.ble_link import BleLink

        where = address = ""
        client = None
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                radio = await ble_scan.find(spec.host, spec.options.get("adapter", ""))
                where, address = radio.name or radio.address, radio.address
                link = BleLink(spec.link_id, where, now)
                client = _make_client(radio, spec, link)
                await client.connect()
                is_open = ble_scan.is_pattern(spec.host)
                await _begin(link, client, where, f"took {radio.words}" if is_open else "")
        except BaseException as error:
            if client is not None:
                is_hurried = not isinstance(error, Exception)
                await _undo(client, HURRIED_UNDO_S if is_hurried else UNDO_TIMEOUT_S)
            if not isinstance(error, Exception):
                raise
            raise ble_words.of_failure(where, error, address) from None
        return link


BLE = BleTransport()


def _make_client(radio: ble_scan.Radio, spec: LinkSpec, link: BleLink) -> BleakClient:
    from bleak import BleakClient

    return BleakClient(
        radio.device,
        lambda _: link.on_disconnected(),
        pair=spec.options.get("pair") == "1",
        timeout=OPEN_TIMEOUT_S,
    )


async def _begin(link: BleLink, client: BleakClient, where: str, chosen: str) -> None:
    """Find both directions of the UART and listen.

    Args:
        chosen: Which radio was taken, where the URL left that open.

    Raises:
        TransportError: It has none, or not as it should be.
    """
    service = client.services.get_service(ble_scan.UART_SERVICE)
    if service is None:
        msg = f"{where} has no Nordic UART service; is it a mesh radio, and set to use Bluetooth?"
        raise TransportError(msg, is_final=True)
    to_radio = service.get_characteristic(UART_TO_RADIO)
    from_radio = service.get_characteristic(UART_FROM_RADIO)
    if from_radio is None or not {"notify", "indicate"} & set(from_radio.properties):
        msg = f"{where} has a UART that cannot notify: nothing could be heard from it"
        raise TransportError(msg, is_final=True)
    kinds = {"write", "write-without-response"}
    if to_radio is None or not kinds & set(to_radio.properties):
        msg = f"{where} has a UART that cannot be written to"
        raise TransportError(msg, is_final=True)
    remarks = [chosen] if chosen else []
    if _is_listened_to(from_radio):
        remarks.append(_SHARED)
    await client.start_notify(from_radio, lambda _, data: link.on_notified(bytes(data)))
    link.begin(client, to_radio, await _write_size(to_radio), "; ".join(remarks))


def _is_listened_to(from_radio: BleakGATTCharacteristic) -> bool:
    """Somebody on this machine gets its notifications already, as far as the system says."""
    match from_radio.obj:
        case (_, {"Notifying": True}):
            return True
    return False


async def _write_size(to_radio: BleakGATTCharacteristic) -> int:
    """How much fits into one write: known only a while after connecting."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SIZE_TIMEOUT_S):
            while to_radio.max_write_without_response_size <= SMALLEST_WRITE:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    return max(SMALLEST_WRITE, min(to_radio.max_write_without_response_size, LARGEST_WRITE))


async def _undo(client: BleakClient, timeout_s: float) -> None:
    """Let go of the device, and of bleak's D-Bus connection: it would hear for us twice."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(timeout_s):
            await client.disconnect()
