"""The commands an administrator may send to a repeater, room or sensor, as texts.

The firmware knows many more; these are what its users need, worded as there. A reply begins with
`> ` where it is a value. A command may begin with two characters and `|`, which the reply repeats.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.node.adverts import announce
from meshtui.networks.meshcore.node.config_words import GETTERS, SETTERS, read_number
from meshtui.networks.meshcore.node.outputs import RebootAsked
from meshtui.networks.meshcore.node.stats import NodeStats
from meshtui.networks.meshcore.payloads.anon_request import MAX_PASSWORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.neighbours import NeighbourTable

_ADVERT_DELAY_MS: Final = 1500  # so that the reply goes first
_MAX_LISTED: Final = 8
_UNKNOWN: Final = "Unknown command"
_BACKWARDS: Final = "(ERR: clock cannot go backwards)"


class Shell:
    """Runs commands on one node."""

    def __init__(self, core: Core, neighbours: NeighbourTable) -> None:
        """Begin; nothing is remembered between commands."""
        self._core = core
        self._neighbours = neighbours
        self._commands: dict[str, Callable[[str], str]] = {
            "ver": self._ver,
            "clock": self._clock,
            "time": self._time,
            "advert": self._advert,
            "advert.zerohop": self._advert_zero_hop,
            "reboot": self._reboot,
            "neighbors": self._list_neighbours,
            "clear": self._clear,
            "get": self._get,
            "set": self._set,
            "password": self._password,
        }
        self._asked_at = 0
        self._peer = b""

    def run(self, line: str, timestamp: int, peer: bytes) -> str:
        """Carry a command out.

        Args:
            timestamp: By the clock of who sent it; `clock sync` takes it over.

        Returns:
            What to answer; empty = nothing.
        """
        self._asked_at, self._peer = timestamp, peer
        mark = ""
        if len(line) > 4 and line[2] == "|":
            mark, line = line[:3], line[3:]
        word, _, rest = line.strip().partition(" ")
        command = self._commands.get(word)
        reply = _UNKNOWN if command is None else command(rest.strip())
        return mark + reply if reply else ""

    def _ver(self, _: str) -> str:
        return self._core.settings.firmware

    def _clock(self, rest: str) -> str:
        if rest == "sync":
            return self._set_clock(self._asked_at + 1)
        return _time_text(self._core.clock_s(self._core.now))

    def _time(self, rest: str) -> str:
        number = read_number(rest)
        return "Error, bad time" if number is None else self._set_clock(int(number))

    def _set_clock(self, unix_s: int) -> str:
        core = self._core
        if unix_s <= core.clock_s(core.now):
            return _BACKWARDS
        if unix_s > 0xFFFFFFFF:
            return "Error, bad time"
        core.set_clock(unix_s, core.now)
        return f"OK - clock set: {_time_text(unix_s)}"

    def _advert(self, _: str) -> str:
        announce(self._core, flood=True, delay_ms=_ADVERT_DELAY_MS)
        return "OK - Advert sent"

    def _advert_zero_hop(self, _: str) -> str:
        announce(self._core, flood=False, delay_ms=_ADVERT_DELAY_MS)
        return "OK - zerohop advert sent"

    def _reboot(self, _: str) -> str:
        # the firmware is gone before it could answer
        self._core.out.append(RebootAsked(self._peer))
        return ""

    def _list_neighbours(self, _: str) -> str:
        now_s = self._core.clock_s(self._core.now)
        lines = [
            f"{one.public_key[:4].hex().upper()}:{max(0, now_s - one.at_s)}:{one.snr_q4}"
            for one in self._neighbours
        ]
        return "\n".join(lines[:_MAX_LISTED]) or "-none-"

    def _clear(self, rest: str) -> str:
        if rest != "stats":
            return _UNKNOWN
        old = self._core.stats
        fresh = self._core.stats = NodeStats()
        fresh.started_s, fresh.battery_mv = old.started_s, old.battery_mv
        fresh.noise_dbm, fresh.queue_len = old.noise_dbm, old.queue_len
        return "(OK - stats reset)"

    def _password(self, rest: str) -> str:
        secret = rest.encode()
        if not 0 < len(secret) <= MAX_PASSWORD_BYTES:
            return f"Error, a password has 1 to {MAX_PASSWORD_BYTES} bytes"
        self._core.configure(replace(self._core.settings, password=SecretBytes(secret)))
        return "OK - password changed"

    def _get(self, rest: str) -> str:
        if rest == "public.key":
            return f"> {self._core.public_key.hex().upper()}"
        getter = GETTERS.get(rest)
        return f"??: {rest}" if getter is None else f"> {getter(self._core.settings)}"

    def _set(self, rest: str) -> str:
        name, _, value = rest.partition(" ")
        setter = SETTERS.get(name)
        if setter is None:
            return f"unknown config: {name}"
        changed = setter(self._core.settings, value.strip())
        if changed is None:
            return f"Error, bad value for {name}"
        self._core.configure(changed)
        return "OK"


def _time_text(unix_s: int) -> str:
    """Write a time as the firmware does."""
    at = datetime.fromtimestamp(unix_s, UTC)
    return f"{at.hour:02d}:{at.minute:02d} - {at.day}/{at.month}/{at.year} UTC"
