"""A Bluetooth peripheral in memory: what a LoRa gateway with a Nordic UART looks like to bumble."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from bumble import data_types
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address

if TYPE_CHECKING:
    from collections.abc import Callable

    from bumble.link import LocalLink

UART = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
TO_RADIO = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
FROM_RADIO = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
# Flags and a 128-bit service leave so much of the 31 bytes of an advertisement.
LONGEST_NAME = 8
_WRITES = {
    "write": Characteristic.Properties.WRITE,
    "command": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "both": Characteristic.Properties.WRITE | Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
}


class UartRadio:
    """One peripheral; what is written to it goes to `on_data`, `say` notifies.

    Attributes:
        writes: The length of every write since the last connection.
        received: All that was written, ever.
        is_bytewise: Notify one byte at a time.
        echoes: Send back what comes.
    """

    def __init__(
        self,
        link: LocalLink,
        name: str,
        address: str,
        *,
        writes: str = "both",
        notifies: bool = True,
        service: str = UART,
        is_swapped: bool = False,
    ) -> None:
        assert len(name.encode()) <= LONGEST_NAME
        self.name, self.address = name, address
        self.writes: list[int] = []
        self.received = bytearray()
        self.is_bytewise = False
        self.echoes = False
        self.on_data: Callable[[bytes], None] = lambda _: None
        self._link = link
        self._controller = Controller(f"{name}-controller", link=link)
        self._device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=name,
                address=Address(address),
                advertising_interval_min=100,
                advertising_interval_max=100,
            ),
            self._controller,
            self._controller,
        )
        self._connection = None
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        here, there = (TO_RADIO, FROM_RADIO) if is_swapped else (FROM_RADIO, TO_RADIO)
        self._from_radio = Characteristic(
            here,
            Characteristic.Properties.NOTIFY if notifies else Characteristic.Properties.READ,
            Characteristic.READABLE,
        )
        to_radio = Characteristic(
            there,
            _WRITES[writes],
            Characteristic.WRITEABLE,
            CharacteristicValue(write=self._on_write),
        )
        self._device.add_services([Service(service, [to_radio, self._from_radio])])
        self._device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.Flags(
                        AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE
                        | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                    ),
                    data_types.CompleteListOf128BitServiceUUIDs([UUID(UART)]),
                    data_types.CompleteLocalName(name),
                ]
            )
        )
        self._device.on("connection", self._on_connection)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def start(self) -> None:
        await self._device.power_on()
        await self._device.start_advertising(auto_restart=True)
        self._speaker = asyncio.get_running_loop().create_task(self._speak())

    async def stop(self) -> None:
        """Vanish from the air, as a radio that is switched off."""
        self._speaker.cancel()
        await self._device.stop_advertising()
        if self._connection is not None:
            await self.drop()

    def say(self, data: bytes) -> None:
        """Notify, in pieces as large as the connection allows."""
        self._out.put_nowait(data)

    def notify(self, data: bytes) -> None:
        """Notify these bytes as they are, in one."""
        self._out.put_nowait(b"\0raw" + data)

    async def drop(self) -> None:
        """Say goodbye."""
        if self._connection is not None:
            await self._connection.disconnect()

    def vanish(self) -> None:
        """Fall silent: both ends notice by the supervision timeout."""
        for controller in list(self._link.controllers):
            for connection in list(controller.le_connections.values()):
                controller.on_le_disconnected(connection, 0x08)

    def _on_connection(self, connection) -> None:
        self._connection = connection
        self.writes.clear()
        connection.on("disconnection", lambda _: self._forget())

    def _forget(self) -> None:
        self._connection = None

    def _on_write(self, _connection, value: bytes) -> None:
        self.writes.append(len(value))
        self.received += value
        self.on_data(bytes(value))
        if self.echoes:
            self.say(bytes(value))

    async def _speak(self) -> None:
        while True:
            data = await self._out.get()
            connection = self._connection
            if connection is None:
                continue
            size = 1 if self.is_bytewise else connection.att_mtu - 3
            if data.startswith(b"\0raw"):
                data = data[4:]
                size = max(len(data), 1)
            for start in range(0, max(len(data), 1), size):
                with contextlib.suppress(Exception):  # gone meanwhile
                    await self._device.notify_subscribers(
                        self._from_radio, data[start : start + size]
                    )
