"""The pages of the first run: their words, what can be chosen, and what is typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from meshtui.model.text import clean
from meshtui.tui.state.addresses import BROKERS, medium_of


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
        Option("radio", "Only a MeshCore radio", "a node of its own: no words, no password"),
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
RESTORE = Page(
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
URL = Page(
    "url",
    "The address of a radio, a gateway or a broker",
    (
        ("meshcore+serial:///dev/ttyACM0           a MeshCore radio on a cable", "plain"),
        ("meshcore+ble://MeshCore-Alice            one by Bluetooth", "plain"),
        ("meshcore+tcp://192.168.1.7:5000          one by Wi-Fi", "plain"),
        ("meshcore+kiss:///dev/ttyUSB0             a KISS modem: we are the node", "plain"),
        ("jsonmesh+serial:///dev/ttyUSB0           a JSON LoRa gateway on a cable", "plain"),
        ("jsonmesh+ble://MESH-GW                   one by Bluetooth", "plain"),
        ("jsonmesh+mqtts://broker.example:8883     a broker, by TLS", "plain"),
        ("jsonmesh+mqtt://user:pw@192.168.1.2:1883 in the clear, on your own net", "plain"),
        ("jsonmesh+wss://broker.example:8084/mqtt  through a web proxy", "plain"),
        ("Enter tries it, for at most ten seconds.", "dim"),
    ),
    fields=(Field("url", "address", hint="/dev/ttyACM0, 192.168.1.7:5000, broker.example"),),
)
MORE = Page(
    "more",
    "It works",
    (("The link is kept in the configuration file.", "plain"),),
    (
        Option("enough", "Begin", "more links can be added to that file"),
        Option("more-links", "Another link", "several networks can be used at once"),
    ),
)
_TRIES: Final = ("Enter tries it, for at most ten seconds.", "plain")
_RADIO: Final = Page(
    "gateway",
    "A MeshCore radio",
    (
        _TRIES,
        ("It is a node of its own, with its own name, key, channels and frequency;", "dim"),
        ("it says itself how it is set.", "dim"),
    ),
)
_PIN: Final = (
    ("Your system may ask for its PIN: it is on the radio's screen; without", "warn"),
    ("a screen it is 123456 until somebody changed it.", "warn"),
)
_MODEM: Final = Page(
    "gateway",
    "A KISS modem",
    (
        _TRIES,
        ("It only sends and hears: this program is the node, by your words.", "dim"),
        ("It keeps how its radio is set, unless the address says it, as", "dim"),
        ("?freq=869.618&sf=8&bw=62.5&cr=8 does (& behind a ?).", "dim"),
    ),
)
_BROKER: Final = Page("gateway", "A broker", (_TRIES,))
_GATEWAY: Final = Page(
    "gateway",
    "A LoRa gateway",
    (
        _TRIES,
        ("How its radio is set we are not told, and only reckon with: as SF11 at", "dim"),
        ("250 kHz, unless the address says ?sf=8&bw=62.5&cr=8 (& behind a ?).", "dim"),
    ),
)


def name_page(name: str) -> Page:
    """What the user is called; `name` is what the settings say."""
    text = (
        ("A name is shown to everybody in range and proves nothing; your key does.", "dim"),
        ("It may be empty.", "dim"),
    )
    field = Field("name", "name", hint="for example alice", value=name)
    return Page("name", "What shall others call you?", text, fields=(field,))


def needs_identity(url: str) -> bool:
    """Tell whether we are a node ourselves on such a link; a companion radio is one of its own."""
    return not url.startswith("meshcore+") or medium_of(url) == "kiss"


def gateway_page(url: str) -> Page:
    """Where the address of a radio can be completed, and what is to be known of its kind."""
    network, medium = url.partition("+")[0], medium_of(url)
    page = _BROKER if medium in BROKERS else _GATEWAY
    if network == "meshcore":
        page = _MODEM if medium == "kiss" else _RADIO
    text = page.text + (_PIN if network == "meshcore" and medium == "ble" else ())
    return replace(page, text=text, fields=(Field("url", "address", value=url),))


def silent_page(url: str) -> Page:
    """A link that opens, and on which nothing was heard that would tell whose it is."""
    text = (
        ("It opens, but no packet of the JSON mesh was heard. That may be right, where", "plain"),
        ("nobody sends; a MeshCore radio there would look the same.", "plain"),
    )
    radio = f"meshcore+{url.partition('+')[2]}"
    options = (
        Option(f"keep {url}", "It is a LoRa gateway", "keep the link"),
        Option(radio, "It is a MeshCore radio", clean(radio, limit=44)),
        Option("other-link", "Another address", "of a radio, a gateway, a broker"),
    )
    return Page("silent", "Nothing was heard", text, options)


def which_page(urls: tuple[str, ...]) -> Page:
    """Ask what is there: the same boards serve either network, and asking might go on the air."""
    text = (("It cannot be asked safely: what greets one may go on the air from another.", "dim"),)
    options = tuple(Option(url, gateway_page(url).title, clean(url, limit=44)) for url in urls)
    return Page("which", "What is there?", text, options)
