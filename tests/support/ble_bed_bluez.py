"""A small `org.bluez` on a private D-Bus: enough for bleak's own BlueZ backend.

Behind it stands bumble's host stack (real ATT, L2CAP and HCI) on a virtual controller. Objects:
`/`, `/org/bluez/hci0`, its `dev_XX`, their `serviceNNNN`, their `charNNNN`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, Peer
from bumble.gatt import Characteristic
from bumble.hci import Address
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio.message_bus import MessageBus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bumble.link import LocalLink

ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
HCI = "/org/bluez/hci0"
_FLAGS = (
    (Characteristic.Properties.READ, "read"),
    (Characteristic.Properties.WRITE_WITHOUT_RESPONSE, "write-without-response"),
    (Characteristic.Properties.WRITE, "write"),
    (Characteristic.Properties.NOTIFY, "notify"),
    (Characteristic.Properties.INDICATE, "indicate"),
)


class DBusError(Exception):
    """An answer that is an error: name, text."""


class SmallBluez:
    """Serves `org.bluez`.

    Attributes:
        mtu: What is asked for after connecting, 23 to 517.
        faults: D-Bus errors to answer with, once each, by member (`Connect`, `Pair`, `WriteValue`,
            `StartNotify`, `StartDiscovery`): (name, text).
        holds_writes: Do not answer `WriteValue`.
        disconnect_s: How long a disconnect takes.
        calls: Members called, in order.
    """

    def __init__(self, link: LocalLink, bus_address: str) -> None:
        self.mtu = 517
        self.faults: dict[str, tuple[str, str]] = {}
        self.holds_writes = False
        self.disconnect_s = 0.0
        self.calls: list[str] = []
        self._bus_address = bus_address
        self._controller = Controller("bluez-controller", link=link)
        self._device = Device.with_hci(
            "bluez", Address("F0:F1:F2:F3:F4:F5"), self._controller, self._controller
        )
        self._objects: dict[str, dict[str, dict[str, Variant]]] = {
            "/org/bluez": {},
            HCI: {
                ADAPTER: {
                    "Address": Variant("s", "00:00:00:00:00:01"),
                    "Name": Variant("s", "small"),
                    "Alias": Variant("s", "small"),
                    "Powered": Variant("b", True),
                    "Discovering": Variant("b", False),
                    "Roles": Variant("as", ["central"]),
                }
            },
        }
        self._connections: dict[str, Any] = {}
        self._characteristics: dict[str, Any] = {}
        self._addresses: dict[str, Address] = {}
        self._listeners: dict[str, set[str]] = {}  # characteristic path -> who called StartNotify
        self._ghosts: list[tuple[str, dict[str, Variant]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await self._device.power_on()
        self._device.on("advertisement", self._on_advertisement)
        self._bus = MessageBus(self._bus_address, negotiate_unix_fd=True)
        await self._bus.connect()
        self._bus.add_message_handler(self._on_message)
        match = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
        await self._bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[match],
            )
        )
        await self._bus.request_name("org.bluez")

    def stop(self) -> None:
        self._bus.disconnect()

    def set_powered(self, is_powered: bool) -> None:
        self._set(HCI, ADAPTER, Powered=Variant("b", is_powered))

    async def unplug(self, is_unplugged: bool = True) -> None:
        """Take the adapter away, or plug it in again."""
        if is_unplugged:
            for path in [path for path in self._objects if path.startswith(HCI + "/")]:
                if path in self._connections:
                    await self._connections[path].disconnect()
            self._adapter = self._objects[HCI]
            self._remove(HCI)
        else:
            self._add(HCI, self._adapter)

    def haunt(
        self, address: str, name: str = "", rssi: int | None = -70, services: Iterable[str] = ()
    ) -> None:
        """Show a device that only advertises: for names and numbers no real radio has."""
        extra = {"UUIDs": Variant("as", list(services))}
        if name:
            extra |= {"Name": Variant("s", name), "Alias": Variant("s", name)}
        if rssi is not None:
            extra["RSSI"] = Variant("n", rssi)
        self._ghosts.append((address, extra))

    def forget(self) -> None:
        """Every device that is not connected was never seen; faults and ghosts are gone."""
        self._ghosts.clear()
        self.faults.clear()
        self.holds_writes = False
        self.disconnect_s = 0.0
        self.mtu = 517
        self.calls.clear()
        for path in [path for path, it in self._objects.items() if DEVICE in it]:
            if path not in self._connections:
                self._forget_device(path)

    async def hang_up(self) -> None:
        """End every connection, as a restarted bluetoothd does."""
        for connection in list(self._connections.values()):
            await connection.disconnect()

    # --- signals ---

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list) -> None:
        self._bus.send(Message.new_signal(path, interface, member, signature, body))

    def _add(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> None:
        self._objects[path] = interfaces
        self._signal("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _remove(self, path: str) -> None:
        interfaces = list(self._objects.pop(path))
        self._signal("/", MANAGER, "InterfacesRemoved", "oas", [path, interfaces])

    def _set(self, path: str, interface: str, **values: Variant) -> None:
        if path not in self._objects:
            return
        self._objects[path][interface].update(values)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, values, []])

    def _on_advertisement(self, advertisement) -> None:
        types = AdvertisingData.Type
        address = str(advertisement.address).split("/")[0]
        self._addresses[_device_path(address)] = advertisement.address
        name = advertisement.data.get(types.COMPLETE_LOCAL_NAME)
        services = advertisement.data.get(types.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
        values = {"RSSI": Variant("n", -55)}
        if name:
            values |= {"Name": Variant("s", name), "Alias": Variant("s", name)}
        if services:
            values["UUIDs"] = Variant("as", [_text(each) for each in services])
        self._show(address, values)

    def _show(self, address: str, values: dict[str, Variant]) -> None:
        path = _device_path(address)
        if HCI not in self._objects:
            return
        if path in self._objects:
            self._set(path, DEVICE, **values)
            return
        base = {
            "Address": Variant("s", address),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", address.replace(":", "-")),
            "UUIDs": Variant("as", []),
            "Adapter": Variant("o", HCI),
        }
        flags = ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing", "Connected")
        base |= dict.fromkeys((*flags, "ServicesResolved"), Variant("b", False))
        self._add(path, {DEVICE: base | values})

    # --- method calls ---

    def _on_message(self, message: Message) -> bool | None:
        if message.member == "NameOwnerChanged" and not message.body[2]:
            # A client has left the bus: it listens no more.
            for path in self._listeners:
                self._stop_notify(path, message.body[0])
            return None
        is_ours = message.destination in ("org.bluez", self._bus.unique_name)
        if message.message_type is not MessageType.METHOD_CALL or not is_ours:
            return None
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, message: Message) -> None:
        self.calls.append(message.member)
        try:
            signature, body = await self._call(message) or ("", [])
            self._bus.send(Message.new_method_return(message, signature, body))
        except DBusError as error:
            self._bus.send(Message.new_error(message, *error.args))
        except Exception as error:  # as a daemon does
            logging.getLogger(__name__).debug("%s", message.member, exc_info=True)
            self._bus.send(Message.new_error(message, "org.bluez.Error.Failed", repr(error)))

    async def _call(self, message: Message) -> tuple[str, list] | None:
        path, member = message.path, message.member
        if (fault := self.faults.pop(member, None)) is not None:
            raise DBusError(*fault)
        if member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", [self._objects]
        if path not in self._objects:
            raise DBusError("org.freedesktop.DBus.Error.UnknownObject", f"no {path}")
        match message.interface:
            case "org.freedesktop.DBus.Properties":
                return self._property(path, member, message.body)
            case "org.bluez.Adapter1":
                await self._on_adapter(member, message.body)
            case "org.bluez.Device1":
                await self._on_device(path, member)
            case "org.bluez.GattCharacteristic1":
                return await self._on_characteristic(path, message)
            case _:
                raise DBusError("org.freedesktop.DBus.Error.UnknownMethod", member)
        return None

    def _property(self, path: str, member: str, body: list) -> tuple[str, list] | None:
        values = self._objects[path][body[0]]
        if member == "Get":
            return "v", [values[body[1]]]
        if member == "GetAll":
            return "a{sv}", [values]
        self._set(path, body[0], **{body[1]: body[2]})
        return None

    async def _on_adapter(self, member: str, body: list) -> None:
        if member in ("StartDiscovery", "StopDiscovery"):
            is_on = member == "StartDiscovery"
            if is_on and not self._objects[HCI][ADAPTER]["Powered"].value:
                raise DBusError("org.bluez.Error.NotReady", "Resource Not Ready")
            self._set(HCI, ADAPTER, Discovering=Variant("b", is_on))
            if not is_on:
                await self._device.stop_scanning(legacy=True)
                return
            for address, values in self._ghosts:
                self._show(address, values)
            await self._device.start_scanning(legacy=True, active=True, filter_duplicates=False)
        elif member == "RemoveDevice":
            if body[0] in self._connections:
                await self._connections[body[0]].disconnect()
            self._forget_device(body[0])

    async def _on_device(self, path: str, member: str) -> None:
        if member == "Connect":
            await self._connect(path)
        elif member == "Pair":
            self._set(path, DEVICE, Paired=Variant("b", True))
            await self._connect(path)
        elif member == "Disconnect" and path in self._connections:
            await asyncio.sleep(self.disconnect_s)
            if path in self._connections:
                await self._connections[path].disconnect()

    async def _on_characteristic(self, path: str, message: Message) -> tuple[str, list] | None:
        characteristic = self._characteristics.get(path)
        if characteristic is None:
            raise DBusError("org.bluez.Error.Failed", "Not connected")
        match message.member:
            case "WriteValue":
                kind = message.body[1].get("type")
                while self.holds_writes:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                await characteristic.write_value(
                    bytes(message.body[0]),
                    with_response=not (kind and kind.value == "command"),
                )
            case "ReadValue":
                return "ay", [bytes(await characteristic.read_value())]
            case "StartNotify":
                await self._start_notify(path, message.sender)
            case "StopNotify":
                self._stop_notify(path, message.sender)
        return None

    async def _start_notify(self, path: str, sender: str) -> None:
        listeners = self._listeners.setdefault(path, set())
        if sender in listeners:
            raise DBusError("org.bluez.Error.InProgress", "In Progress")
        listeners.add(sender)
        if len(listeners) == 1:
            await self._subscribe(path)
        self._set(path, CHARACTERISTIC, Notifying=Variant("b", True))

    def _stop_notify(self, path: str, sender: str) -> None:
        listeners = self._listeners.get(path, set())
        if sender in listeners:
            listeners.discard(sender)
            self._set(path, CHARACTERISTIC, Notifying=Variant("b", bool(listeners)))

    async def _subscribe(self, path: str) -> None:
        # One signal for each client that listens, as bluetoothd 5.66 does: where a dead one
        # lingers, everything is heard twice.
        def on_value(value: bytes) -> None:
            for _ in self._listeners.get(path, ()):
                self._set(path, CHARACTERISTIC, Value=Variant("ay", bytes(value)))

        await self._characteristics[path].subscribe(on_value)

    # --- connections ---

    async def _connect(self, path: str) -> None:
        connection = await self._device.connect(self._addresses[path], timeout=20)
        self._connections[path] = connection
        connection.on("disconnection", lambda _: self._on_gone(path))
        self._set(path, DEVICE, Connected=Variant("b", True))
        # As bluetoothd does: Connect returns, the services are resolved after.
        task = asyncio.get_running_loop().create_task(self._resolve(path, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve(self, path: str, connection) -> None:
        peer = Peer(connection)
        mtu = await peer.request_mtu(self.mtu) if self.mtu > 23 else 23
        await peer.discover_services()
        for service in peer.services:
            await service.discover_characteristics()
            service_path = f"{path}/service{service.handle:04x}"
            if service_path not in self._objects:
                values = {
                    "UUID": Variant("s", _text(service.uuid)),
                    "Device": Variant("o", path),
                    "Primary": Variant("b", True),
                    "Includes": Variant("ao", []),
                }
                self._add(service_path, {SERVICE: values})
            for characteristic in service.characteristics:
                await self._resolve_characteristic(service_path, characteristic, mtu)
        self._set(path, DEVICE, ServicesResolved=Variant("b", True))

    async def _resolve_characteristic(self, service_path: str, characteristic, mtu: int) -> None:
        await characteristic.discover_descriptors()
        # BlueZ names it by the handle of its declaration.
        path = f"{service_path}/char{characteristic.handle - 1:04x}"
        flags = [name for bit, name in _FLAGS if characteristic.properties & bit]
        self._characteristics[path] = characteristic
        if self._listeners.get(path):
            await self._subscribe(path)  # enabled anew on reconnect, as bluetoothd does
        if path in self._objects:
            self._set(path, CHARACTERISTIC, MTU=Variant("q", mtu))
            return
        values = {
            "UUID": Variant("s", _text(characteristic.uuid)),
            "Service": Variant("o", service_path),
            "Flags": Variant("as", flags),
            "MTU": Variant("q", mtu),
        }
        if "notify" in flags:
            values["Notifying"] = Variant("b", False)
        self._add(path, {CHARACTERISTIC: values})

    def _on_gone(self, path: str) -> None:
        self._connections.pop(path, None)
        # The D-Bus objects stay, as in bluetoothd.
        for each in [each for each in self._characteristics if each.startswith(path + "/")]:
            del self._characteristics[each]
        self._set(path, DEVICE, ServicesResolved=Variant("b", False))
        self._set(path, DEVICE, Connected=Variant("b", False))

    def _forget_device(self, path: str) -> None:
        for each in [each for each in self._objects if each.startswith(path)]:
            self._remove(each)


def _device_path(address: str) -> str:
    return f"{HCI}/dev_{address.replace(':', '_')}"


def _text(uuid: UUID) -> str:
    if not isinstance(uuid, UUID):
        uuid = UUID(str(uuid))
    digits = bytes(reversed(uuid.to_bytes(force_128=True))).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
