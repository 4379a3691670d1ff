"""How a person names a channel: `NAME`, `NAME KEY`, `NAME=KEY`, or an invitation with both.

A key is 32 or 64 hex digits, or the same bytes in base64. What may be a key gone wrong is refused,
and never taken for a part of the name: names are told to everybody. A name in double quotes is that
name, whatever it looks like. No error repeats what was typed.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from meshtui.errors import ConfigError, DecodeError
from meshtui.model.secret import SecretBytes

MAX_NAME: Final = 64
MAX_INVITATION_CHARS: Final = 512
_HEX_KEY: Final = re.compile(r"(?:[0-9a-fA-F]{32}){1,2}")
_BASE64_KEY: Final = re.compile(r"[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{43}=")
_HALF_A_KEY: Final = re.compile(r"[0-9a-fA-F]{16}")
_JUMBLE: Final = re.compile(r"[A-Za-z0-9+/]{20}")
_LEAST_CHARS: Final = 20  # keys are longer, also such as lost a few
_MANY_DIGITS: Final = 6
_QUOTED: Final = re.compile(r'(#?)"([^"]*)"(.*)', re.DOTALL)
_NO_NAME: Final = f"Name a channel of 1 to {MAX_NAME} letters: /join #hill"
_NO_KEY: Final = 'A key has 32 or 64 hex digits; a name with blanks or = stands in "quotes"'
_NAMELESS: Final = 'This looks like a key without a name; a name like it stands in "quotes"'


@dataclass(frozen=True, slots=True)
class TypedChannel:
    """What was read.

    Attributes:
        name: As typed, `#` included; from 1 to `MAX_NAME` letters beside that.
        secret: 16 bytes, or 32; None where none was typed.
        region: What an invitation scopes messages to; empty = nothing.
        is_invitation: It came as one.
    """

    name: str
    secret: SecretBytes | None = None
    region: str = ""
    is_invitation: bool = False


def read_channel(typed: str, *, is_one_name: bool = False) -> TypedChannel:
    """Read a name, a name and a key, or an invitation.

    Args:
        is_one_name: Blanks belong to the name, as where a shell has taken the words apart.

    Raises:
        ConfigError: It is none of these.
    """
    text = typed.strip()
    if "://" in text and '"' not in text:
        return _read_link(text)
    name, rest = split_name(text, is_one_name=is_one_name)
    if not rest:
        return TypedChannel(name)
    secret = read_key(rest.removeprefix("="))
    if secret is None:
        raise ConfigError(_NO_KEY)
    return TypedChannel(name, secret)


def split_name(typed: str, *, is_one_name: bool = False) -> tuple[str, str]:
    """Split off the name; what follows it begins with `=` where that was typed.

    Raises:
        ConfigError: There is no name, or it may hold a key.
    """
    text = typed.strip()
    if quoted := _QUOTED.fullmatch(text):
        return _checked(quoted[1] + quoted[2]), quoted[3].strip()
    name, blank, rest = text.partition(" ")
    # a key in base64 ends in =, so this is looked at before that sign is
    if not blank or "=" in name or read_key(rest) is None:
        if "=" in text:
            name, rest = text[: text.index("=")], text[text.index("=") :]
        elif is_one_name:
            name, rest = text, ""
    if "=" in name or '"' in name:
        raise ConfigError(_NO_KEY)
    if may_be_key(name):
        raise ConfigError(_NAMELESS)
    return _checked(name.strip()), rest.strip()


def read_key(typed: str) -> SecretBytes | None:
    """Read a key, which may be written in groups; None where it is none."""
    text = "".join(typed.split())
    if _HEX_KEY.fullmatch(text):
        return SecretBytes(bytes.fromhex(text))
    return SecretBytes(base64.b64decode(text)) if _BASE64_KEY.fullmatch(text) else None


def may_be_key(text: str) -> bool:
    """Tell whether a text holds a key, half of one, or a word as long and as jumbled as one."""
    return any(_is_like_a_key(word) for word in text.split())


def read_invitation(text: str) -> TypedChannel:
    """Read `meshcore://channel/add?name=…&secret=…[&region_scope=…]`.

    Raises:
        DecodeError: `bad-invitation`: another form, no name, or its key is none.
    """
    if len(text) > MAX_INVITATION_CHARS:
        raise DecodeError("bad-invitation", f"more than {MAX_INVITATION_CHARS} characters")
    try:
        url = urlsplit(text.strip())
        fields = parse_qs(url.query, keep_blank_values=True, max_num_fields=16)
    except ValueError:
        # its text would repeat what was read
        raise DecodeError("bad-invitation", "it cannot be read as a link") from None
    if (url.scheme.lower(), url.netloc.lower(), url.path) != ("meshcore", "channel", "/add"):
        raise DecodeError("bad-invitation", "it does not begin with meshcore://channel/add")
    name, secret = fields.get("name", [""])[0], fields.get("secret", [""])[0]
    if not name:
        raise DecodeError("bad-invitation", "it has no name")
    if not _HEX_KEY.fullmatch(secret):
        raise DecodeError("bad-invitation", "its secret is not of 32 or 64 hex digits")
    region = fields.get("region_scope", [""])[0]
    return TypedChannel(name, SecretBytes(bytes.fromhex(secret)), region, is_invitation=True)


def _read_link(text: str) -> TypedChannel:
    try:
        return read_invitation(text)
    except DecodeError as error:
        msg = f"This is no invitation to a channel: {error.detail}"
        raise ConfigError(msg) from None


def _is_like_a_key(word: str) -> bool:
    if _HALF_A_KEY.search(word) or word.endswith("="):  # as base64 does
        return True
    if len(word) < _LEAST_CHARS or "." in word:  # an address on the web holds a dot, a key none
        return False
    digits = sum(map(str.isdigit, word))
    is_mixed = digits and word not in (word.lower(), word.upper())
    return digits >= _MANY_DIGITS or bool(is_mixed and _JUMBLE.search(word))


def _checked(name: str) -> str:
    if not 0 < len(name.removeprefix("#")) <= MAX_NAME:
        raise ConfigError(_NO_NAME)
    return name
