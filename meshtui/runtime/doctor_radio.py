"""Whether the radio that the packet capture service listens to is there, and signs.

It is asked by the very session that the service would use, so that what works here works there.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from meshtui.errors import CryptoError
from meshtui.model.device import Device
from meshtui.model.event import DeviceChanged, LinkChanged, Signed
from meshtui.model.link import LinkState
from meshtui.model.text import clean_line
from meshtui.networks.registry import load_network
from meshtui.runtime.check import Check
from meshtui.runtime.clock import SystemClock
from meshtui.runtime.doctor_publishers import Witness, token_of
from meshtui.runtime.publishing.tokens import TokenError, TokenMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from meshtui.model.capture import CaptureConfig
    from meshtui.model.command import Sign
    from meshtui.model.event import Event
    from meshtui.model.link import LinkInfo
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import Observer
    from meshtui.runtime.api import MeshApi, Subscription
    from meshtui.runtime.publishing.tokens import Token

# A radio over Bluetooth needs a few seconds to connect, and a few more for its tables.
ANSWER_S = 30.0
MAX_NAME_CHARS = 60


def choose_radio(config: CaptureConfig, links: Iterable[LinkInfo]) -> LinkInfo | Check:
    """Say which link the service listens to, as the service chooses; or what is wrong."""
    heard = [link for link in links if load_network(link.network).open_observer() is not None]
    for link in heard:
        if not config.link or link.link_id == config.link:
            return link
    name, wanted = "capture: radio", clean_line(config.link, MAX_NAME_CHARS)
    if not heard:
        fix = "add one, such as meshcore+serial:///dev/ttyUSB0 (an INI file: [Connection])"
        return Check(name, False, "no link leads to a radio whose packets can be published", fix)
    there = ", ".join(link.link_id for link in heard)
    return Check(name, False, f"capture.link: there is no radio {wanted}", f"one of: {there}")


async def question(
    hub: MeshApi,
    link: LinkInfo,
    config: CaptureConfig,
    tell: Callable[[Check], None],
    own_key: SecretBytes | None = None,
) -> Witness:
    """Ask the radio who it is, and have it sign a login for every broker that takes one.

    Args:
        hub: A mesh whose only link is the radio's, and not yet open; it is not needed afterwards.
        own_key: Ours, in hex, where this program is the node. Then the link stays closed, for a
            node that starts is heard by its neighbours.
    """
    observer = load_network(link.network).open_observer()
    if observer is None:
        return Witness(silence="nothing of this network is published")
    asking = _Asking(hub, link, config, observer, own_key)
    subscription = hub.subscribe()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asking.follow(subscription))
        await asking.settle()
        tell(asking.said())
        if asking.is_known:
            tell(await asking.sign(_wanted(config)))
        task.cancel()
    return asking.witness()


def _wanted(config: CaptureConfig) -> Sequence[tuple[str, float]]:
    """Return which tokens brokers will be shown, each once (see `token_of`)."""
    takers = [broker for broker in config.brokers if broker.is_enabled and broker.use_auth_token]
    usable = [broker for broker in takers if config.has_mqtt and not broker.problem]
    return tuple(dict.fromkeys(token_of(broker) for broker in usable))


class _Asking:
    """One radio being asked."""

    def __init__(
        self,
        hub: MeshApi,
        link: LinkInfo,
        config: CaptureConfig,
        observer: Observer,
        own_key: SecretBytes | None,
    ) -> None:
        self._hub = hub
        self._link = link
        self._observer = observer
        self._own_key = own_key
        self._maker = TokenMaker(config, observer, self._submit, SystemClock())
        self._tokens: dict[tuple[str, float], Token] = {}
        self._device: Device | None = None
        self._reason = ""
        self._is_settled = asyncio.Event()

    async def follow(self, subscription: Subscription) -> None:
        """Take what happens in."""
        while batch := await subscription.next_batch():
            for event in batch:
                self._take(event)

    @property
    def is_known(self) -> bool:
        """It has said who it is."""
        return self._device is not None

    async def settle(self) -> None:
        """Wait until the radio has said who it is, or cannot be reached."""
        if self._own_key is not None:
            self._device = self._ourselves()
            return
        self._hub.open_links()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._is_settled.wait()
        except TimeoutError:
            self._reason = f"it has not said who it is within {ANSWER_S:.0f} s"

    async def sign(self, wanted: Sequence[tuple[str, float]]) -> Check:
        """Have tokens made, up to the first that nobody signs."""
        name, device = "capture: signs", self._device
        if not wanted or device is None:
            return Check(name, True, "not tried: no broker takes login tokens", is_tried=False)
        try:
            for audience, life_s in wanted:
                token = await self._maker.make(device, audience, life_s)
                self._tokens[audience, life_s] = token
        except TokenError as error:
            self._tokens.clear()
            fix = "flash newer firmware, or name a file with its private key by private_key_path"
            return Check(name, False, f"nobody signs login tokens: {error}", fix)
        signed_by = self._tokens[wanted[0]].signed_by
        return Check(name, True, f"login tokens are signed by {signed_by}")

    def witness(self) -> Witness:
        """Return what is known now."""
        if self._device is None:
            return Witness(self._observer, silence=f"the radio is not known: {self._reason}")
        silence = "" if self._tokens else "nobody signs login tokens"
        return Witness(self._observer, self._device, self._tokens, silence)

    def said(self) -> Check:
        """Put into words what the radio said."""
        name, device = "capture: radio", self._device
        if device is None:
            fix = "see what is said of that link above"
            return Check(name, False, f"{self._link.link_id}: {self._reason}", fix)
        shown = clean_line(device.name, MAX_NAME_CHARS) or "(no name)"
        about = clean_line(f"{device.model} {device.firmware}".strip(), MAX_NAME_CHARS)
        key = device.node_id[:8].upper()
        who = f"{shown} ({key}…){f', {about}' if about else ''}, on the link {device.link_id}"
        what = "packets are heard by" if self._own_key is None else "this program is the node"
        return Check(name, True, f"{what} {who}")

    def _take(self, event: Event) -> None:
        match event:
            case DeviceChanged(device) if device.link_id == self._link.link_id and device.node_id:
                self._device = device
                self._is_settled.set()
            case LinkChanged(link) if link.link_id == self._link.link_id:
                if link.state is LinkState.DOWN and link.reason:
                    self._reason = link.reason
                    self._is_settled.set()
            case Signed():
                self._maker.signed(event)
            case _:
                pass

    def _ourselves(self) -> Device:
        link = self._link
        [myself] = (each for each in self._hub.myself() if each.network == link.network)
        # a node without a name is called so by the others, too
        name = myself.name or myself.node_id[:8].upper()
        return Device(link.network, link.link_id, myself.node_id, name, radio=link.radio)

    async def _submit(self, request: Sign) -> None:
        if self._own_key is None or self._device is None:
            await self._hub.submit(request)
            return
        answer = Signed(request.network, request.link_id, request.request_id, SystemClock().now())
        try:
            signature = self._observer.sign(self._device, self._own_key, request.data)
        except CryptoError as error:
            self._maker.signed(replace(answer, reason=str(error)))
        else:
            self._maker.signed(replace(answer, signature=signature, signed_by="our own key"))
