"""The first run, step by step: identity, password, name, link. No screen in here.

    who ─ new words ─ asked back ─┐                        ┌─────────────┐
        └ restore ────────────────┴─ password ─ name ─ link ─ it works ─┴─ done
        ├ only a radio that is a node of its own ────────── link
        └ look around first (demo)

The words live here from their making to the writing of the key file, and nowhere else.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from meshtui.errors import MeshtuiError
from meshtui.model.text import clean
from meshtui.tui.state.addresses import BROKERS, meant_by, medium_of
from meshtui.tui.state.first_pages import (
    MORE,
    PASSWORD,
    PLAIN,
    RESTORE,
    URL,
    WHO,
    Field,
    Option,
    Page,
    gateway_page,
    name_page,
    needs_identity,
    silent_page,
    which_page,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from meshtui.runtime.api import Found, NearbyRadio, SetupApi

DONE: Final = "done"
DEMO: Final = "demo"
ASKED_BACK: Final = 3
MAX_NAME: Final = 32
_COLUMNS = 4
_LEAST_PASSWORD = 8


class FirstRun:
    """Holds the step, checks what is typed, and asks `SetupApi` for the rest."""

    def __init__(self, setup: SetupApi, pick: Callable[[int, int], Sequence[int]]) -> None:
        """Begin at the first step that is needed; `pick(n, k)` chooses k of n words to ask back."""
        self._setup = setup
        self._pick = pick
        self._words: list[str] = []
        self._asked: list[int] = []
        self._passphrase = ""
        self._name = setup.name()
        self._links: list[str] = []
        self._path: list[Page] = []
        self._found: Sequence[Found] = ()
        self._radios: dict[str, NearbyRadio] = {}
        self._has_identity = setup.has_identity()
        self.page = name_page(self._name) if self._has_identity else WHO

    async def choose(self, value: str) -> str:
        """Take an option; returns what is wrong, `DONE`, `DEMO` or an empty string."""
        match value:
            case "demo":
                return DEMO
            case "radio":
                self._found = await self._setup.found()
                self._go(self._link_page(_LISTENING))
            case "new-24" | "new-12":
                self._words = list(self._setup.new_words(int(value[-2:])))
                self._go(self._words_page())
            case "continue":
                self._asked = sorted(self._pick(len(self._words), ASKED_BACK))
                self._go(self._asked_page())
            case "restore":
                self._go(RESTORE)
            case "password":
                self._go(PASSWORD)
            case "plainly":
                return await self._create(None)
            case _:
                return await self._choose_link(value)
        return ""

    async def _choose_link(self, value: str) -> str:
        match value:
            case "other-link":
                self._go(URL)
            case "more-links":
                self._go(self._link_page(_LISTENING))
            case "enough":
                return DONE
            case "no-link":
                return await self._save(())
            case _ if value.startswith("keep "):
                return await self._keep(value.removeprefix("keep "))
            case _ if medium_of(value) in BROKERS:
                return await self._try(value)
            case _:
                self._go(gateway_page(value))
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
                urls = meant_by(values["url"])
                if len(urls) > 1:
                    self._go(which_page(urls))
                    return ""
                return await self._try(urls[0] if urls else "")
        return ""

    def objection(self, name: str, value: str) -> str:
        """Say what is wrong with one field by itself, before the next one; empty = nothing."""
        if name == "words":
            return clean(self._setup.check_words(_plain(value)), limit=200)
        number = int(name.removeprefix("word-")) if name.startswith("word-") else None
        if number is not None and value.strip().casefold() != self._words[number]:
            return f"Word {number + 1} is another one; Esc shows them again"
        return ""

    def back(self) -> bool:
        """One step back; False at the first one, and behind the writing of the key file."""
        is_first_link = self.page.name == "link" and self._has_identity and not self._links
        if not self._path or is_first_link or self.page.name in ("name", "more"):
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
            problem = self.objection(f"word-{number}", values[f"word-{number}"])
            if problem:
                return problem
        self._passphrase = values["passphrase"]
        self._go(PASSWORD)
        return ""

    def _check_restored(self, values: Mapping[str, str]) -> str:
        problem = self.objection("words", values["words"])
        if problem:
            return problem
        self._words = _plain(values["words"]).split()
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
        self._has_identity = True
        self._path = []
        self.page = name_page(self._name)
        return ""

    # -- the link ----------------------------------------------------------------------------

    def _link_page(self, remark: str) -> Page:
        options = [
            Option(link.url, clean(link.title, limit=44), clean(link.detail, limit=40))
            for link in self._found
            if self._is_offered(link.url)
        ]
        options += [
            _radio_option(radio) for radio in self._radios.values() if self._is_offered(radio.url)
        ]
        options.append(Option("other-link", "Another address", "of a radio, a gateway, a broker"))
        if self._links:
            options.append(Option("enough", "No more", "begin"))
        elif self._has_identity:
            options.append(Option("no-link", "Later", "in the configuration file"))
        text = (("Where is the mesh?", "plain"), (remark, "dim"))
        return Page("link", "A link to the mesh", text, tuple(options))

    def _is_offered(self, url: str) -> bool:
        return url not in self._links and (self._has_identity or not needs_identity(url))

    async def _try(self, url: str) -> str:
        if not url:
            return "Type an address such as meshcore+serial:///dev/ttyACM0"
        if url in self._links:
            return "That link is there already"
        if not self._has_identity and needs_identity(url):
            return "On that link we are a node ourselves: go back, and create an identity first"
        checked = await self._setup.check_link(url)
        if checked.problem:
            return clean(checked.problem, limit=200)
        if checked.is_silent:
            self._go(silent_page(url))
            return ""
        return await self._keep(url)

    async def _keep(self, url: str) -> str:
        problem = await self._save((*self._links, url))
        if problem != DONE:
            return problem
        self._links.append(url)
        self._path, self.page = [], MORE
        return ""

    async def _save(self, urls: Sequence[str]) -> str:
        try:
            await self._setup.save_links(urls, self._name)
        except MeshtuiError as error:
            return clean(str(error), limit=200)
        return DONE


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _radio_option(radio: NearbyRadio) -> Option:
    strength = "   ?" if radio.rssi_dbm is None else f"{radio.rssi_dbm:4}"
    name = clean(radio.name, limit=28) or "(a radio without a name)"
    return Option(radio.url, name, f"BLE {strength} dBm  {clean(radio.address, limit=36)}")


_LISTENING: Final = "Listening for radios by Bluetooth …"
_SILENCE: Final = "No radio was heard by Bluetooth."
