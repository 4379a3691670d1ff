"""The first run, step by step: identity, password, name, link. No screen in here.

    who ─ new words ─ asked back ─┐
        └ restore ────────────────┴─ password ─ name ─ link ─ done
        └ look around first (demo)

The words live here from their making to the writing of the key file, and nowhere else.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from meshtui.errors import MeshtuiError
from meshtui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from meshtui.runtime.api import Found, NearbyRadio, SetupApi

DONE: Final = "done"
DEMO: Final = "demo"
ASKED_BACK: Final = 3
MAX_NAME: Final = 32
_COLUMNS = 4
_LEAST_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class Field:
    """Something to type; `value` stands there already."""

    name: str
    label: str
    is_secret: bool = False
    hint: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    value: str
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One step as it is shown.

    Attributes:
        text: Lines of (text, look).
        fields: Typed one after the other; Enter in the last one takes them all.
    """

    name: str
    title: str
    text: tuple[tuple[str, str], ...] = ()
    options: tuple[Option, ...] = ()
    fields: tuple[Field, ...] = ()


WHO = Page(
    "who",
    "Who are you on the mesh?",
    (("Your identity is a list of words. Whoever has them is you, on every network.", "dim"),),
    (
        Option("new-24", "Create a new identity", "24 words on paper are the only backup"),
        Option("new-12", "Create a shorter one", "12 words, strong enough for most"),
        Option("restore", "Restore from words", "12, 15, 18, 21 or 24 words"),
        Option("demo", "Look around first", "a simulated mesh, nothing is kept"),
    ),
)
PASSWORD = Page(
    "password",
    "A password for the key file",
    (
        ("It is asked at every start. Without it, whoever reads this disk is you.", "plain"),
        ("Leave both empty to store the key plainly.", "dim"),
    ),
    fields=(Field("password", "password", True), Field("again", "once more", True)),
)
PLAIN = Page(
    "plain",
    "Really without a password?",
    (
        ("Anyone who can read this file - a backup, a thief, another program -", "bad"),
        ("can write as you and read what was and will be written to you.", "bad"),
        ("There is no way back.", "bad"),
    ),
    (
        Option("password", "Set a password", "better"),
        Option("plainly", "Store it plainly", "the file is readable by you only (0600)"),
    ),
)
NAME = Page(
    "name",
    "What shall others call you?",
    (
        ("A name is shown to everybody in range and proves nothing; your key does.", "dim"),
        ("It may be empty.", "dim"),
    ),
    fields=(Field("name", "name", hint="for example alice"),),
)


class FirstRun:
    """Holds the step, checks what is typed, and asks `SetupApi` for the rest."""

    def __init__(self, setup: SetupApi, pick: Callable[[int, int], Sequence[int]]) -> None:
        """Begin at the first step that is needed; `pick(n, k)` chooses k of n words to ask back."""
        self._setup = setup
        self._pick = pick
        self._words: list[str] = []
        self._asked: list[int] = []
        self._passphrase = ""
        self._name = ""
        self._path: list[Page] = []
        self._found: Sequence[Found] = ()
        self._radios: dict[str, NearbyRadio] = {}
        self.page = NAME if setup.has_identity() else WHO

    async def choose(self, value: str) -> str:
        """Take an option; returns what is wrong, `DONE`, `DEMO` or an empty string."""
        match value:
            case "demo":
                return DEMO
            case "new-24" | "new-12":
                self._words = list(self._setup.new_words(int(value[-2:])))
                self._go(self._words_page())
            case "continue":
                self._asked = sorted(self._pick(len(self._words), ASKED_BACK))
                self._go(self._asked_page())
            case "restore":
                self._go(_RESTORE)
            case "password":
                self._go(PASSWORD)
            case "plainly":
                return await self._create(None)
            case "other-link":
                self._go(_URL)
            case "no-link":
                return await self._save("")
            case _ if _medium(value) in _BROKERS:
                return await self._try(value)
            case _:
                self._go(_gateway_page(value))
        return ""

    async def enter(self, values: Mapping[str, str]) -> str:
        """Take what was typed; returns what is wrong, `DONE` or an empty string."""
        match self.page.name:
            case "asked":
                return self._check_asked(values)
            case "restore":
                return self._check_restored(values)
            case "password":
                return await self._take_password(values)
            case "name":
                self._name = values["name"].strip()[:MAX_NAME]
                self._found = await self._setup.found()
                self._go(self._link_page(_LISTENING))
            case "url" | "gateway":
                return await self._try(_whole(values["url"].strip()))
        return ""

    def back(self) -> bool:
        """One step back; False at the first one, and behind the writing of the key file."""
        if not self._path or self.page.name in ("name", "link"):
            return False
        self.page = self._path.pop()
        if self.page is WHO:
            self._forget()
        return True

    async def hear_radios(self) -> AsyncGenerator[None, None]:
        """Put gateways heard over Bluetooth among the links, while those are shown.

        Those there are keep their places: who is about to choose must not choose another one.

        Yields:
            The page has changed.
        """
        remark = _LISTENING
        try:
            async with contextlib.aclosing(self._setup.radios()) as heard:
                async for radios in heard:
                    self._radios |= {radio.address: radio for radio in radios}
                    if self.page.name != "link":
                        return
                    self.page = self._link_page(remark)
                    yield
            remark = "Bluetooth: no more is listened for." if self._radios else _SILENCE
        except MeshtuiError as error:
            remark = f"No radios by Bluetooth: {clean(str(error), limit=200)}."
        if self.page.name == "link":
            self.page = self._link_page(remark)
            yield

    def _go(self, page: Page) -> None:
        self._path.append(self.page)
        self.page = page

    def _forget(self) -> None:
        self._words, self._asked, self._passphrase = [], [], ""

    # -- words -------------------------------------------------------------------------------

    def _words_page(self) -> Page:
        rows = []
        per_column = -(-len(self._words) // _COLUMNS)
        for row in range(per_column):
            numbers = range(row, len(self._words), per_column)
            rows.append("".join(f"{n + 1:>4} {self._words[n]:<12}" for n in numbers))
        text: list[tuple[str, str]] = [
            ("Write these on paper, in this order. They are shown once.", "plain"),
            ("No photo, no file: whoever has them is you.", "warn"),
            ("", "plain"),
            *((row, "key") for row in rows),
        ]
        return Page(
            "words",
            f"Your {len(self._words)} words",
            tuple(text),
            (Option("continue", "I have written them down", "three of them are asked next"),),
        )

    def _asked_page(self) -> Page:
        fields = tuple(Field(f"word-{n}", f"word {n + 1}") for n in self._asked)
        extra = Field("passphrase", "passphrase", True, "empty unless you want a 25th word")
        text = (
            ("So that the paper is right.", "dim"),
            ("A BIP39 passphrase makes another identity of the same words; it is", "dim"),
            ("needed to restore, and written nowhere.", "dim"),
        )
        return Page("asked", "Type these words from your paper", text, (), (*fields, extra))

    def _check_asked(self, values: Mapping[str, str]) -> str:
        for number in self._asked:
            if values[f"word-{number}"].strip().casefold() != self._words[number]:
                return f"Word {number + 1} is another one; Esc shows them again"
        self._passphrase = values["passphrase"]
        self._go(PASSWORD)
        return ""

    def _check_restored(self, values: Mapping[str, str]) -> str:
        words = " ".join(values["words"].casefold().split())
        problem = self._setup.check_words(words)
        if problem:
            return clean(problem, limit=200)
        self._words = words.split()
        self._passphrase = values["passphrase"]
        self._go(PASSWORD)
        return ""

    # -- the key file ------------------------------------------------------------------------

    async def _take_password(self, values: Mapping[str, str]) -> str:
        password = values["password"]
        if password != values["again"]:
            return "The two are different"
        if not password:
            self._go(PLAIN)
            return ""
        if len(password) < _LEAST_PASSWORD:
            return f"At least {_LEAST_PASSWORD} characters; four random words are easy to keep"
        return await self._create(password)

    async def _create(self, password: str | None) -> str:
        try:
            await self._setup.create(" ".join(self._words), self._passphrase, password)
        except MeshtuiError as error:
            return clean(str(error), limit=200)
        self._forget()
        self._path = []
        self.page = NAME
        return ""

    # -- the link ----------------------------------------------------------------------------

    def _link_page(self, remark: str) -> Page:
        options = [
            Option(link.url, clean(link.title, limit=44), clean(link.detail, limit=40))
            for link in self._found
        ]
        options += [_radio_option(radio) for radio in self._radios.values()]
        options.append(Option("other-link", "Another address", "of a broker or a gateway"))
        options.append(Option("no-link", "Later", "in the configuration file"))
        text = (("Where is the mesh?", "plain"), (remark, "dim"))
        return Page("link", "A link to the mesh", text, tuple(options))

    async def _try(self, url: str) -> str:
        if not url:
            return "Type an address such as jsonmesh+mqtt://broker.example:1883"
        problem = await self._setup.check_link(url)
        if problem:
            return clean(problem, limit=200)
        return await self._save(url)

    async def _save(self, url: str) -> str:
        try:
            await self._setup.save_link(url, self._name)
        except MeshtuiError as error:
            return clean(str(error), limit=200)
        return DONE


def _radio_option(radio: NearbyRadio) -> Option:
    strength = "   ?" if radio.rssi_dbm is None else f"{radio.rssi_dbm:4}"
    name = clean(radio.name, limit=28) or "(a radio without a name)"
    return Option(radio.url, name, f"BLE {strength} dBm  {clean(radio.address, limit=36)}")


def _gateway_page(url: str) -> Page:
    """Where a gateway's address can be completed; it says nothing of how its radio is set."""
    return replace(_GATEWAY, fields=(Field("url", "address", value=url),))


def _whole(address: str) -> str:
    """Complete what people type: `broker.example`, `mqtts://broker:8883`, `/dev/ttyUSB0`."""
    scheme, has_scheme, _ = address.partition("://")
    if not address or "+" in scheme:
        return address
    if has_scheme:
        return f"jsonmesh+{address}" if scheme in _BROKERS + _GATEWAYS else address
    if address.startswith("/dev/"):
        return f"jsonmesh+serial://{address}"
    return f"jsonmesh+{'mqtts' if address.endswith(':8883') else 'mqtt'}://{address}"


def _medium(url: str) -> str:
    return url.partition("://")[0].rpartition("+")[2]


_BROKERS: Final = ("mqtt", "mqtts", "ws", "wss")
_GATEWAYS: Final = ("serial", "ble", "tcp")
_LISTENING: Final = "Listening for radios by Bluetooth …"
_SILENCE: Final = "No radio was heard by Bluetooth."
_GATEWAY: Final = Page(
    "gateway",
    "A LoRa gateway",
    (
        ("Enter tries it, for at most ten seconds.", "plain"),
        ("How its radio is set we are not told, and only reckon with: as SF11 at", "dim"),
        ("250 kHz, unless the address says ?sf=8&bw=62.5&cr=8 (& behind a ?).", "dim"),
    ),
)
_RESTORE = Page(
    "restore",
    "Your words",
    (
        ("All of them, in order, with spaces between. They are checked at once.", "plain"),
        ("They are shown as you type: see that nobody looks on.", "warn"),
    ),
    fields=(
        Field("words", "words", hint="abandon … art"),
        Field("passphrase", "passphrase", True, "empty if you set none"),
    ),
)
_URL = Page(
    "url",
    "The address of a broker or a gateway",
    (
        ("jsonmesh+mqtts://broker.example:8883     TLS", "plain"),
        ("jsonmesh+mqtt://user:pw@192.168.1.2:1883 in the clear, on your own net", "plain"),
        ("jsonmesh+wss://broker.example:8084/mqtt  through a web proxy", "plain"),
        ("jsonmesh+serial:///dev/ttyUSB0           a gateway on a cable", "plain"),
        ("jsonmesh+ble://MESH-GW                   a gateway by Bluetooth", "plain"),
        ("Enter tries it, for at most ten seconds.", "dim"),
    ),
    fields=(Field("url", "address", hint="jsonmesh+mqtt://localhost:1883"),),
)
