"""Link URLs as settings: their shape is checked here, what they mean by their transport."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from meshtui.model.text import clean_line

MAX_LINKS: Final = 32

_SECRET_QUERY = re.compile(r"(?i)([?&](?:password|token|secret)=)[^&#]*")
_SCHEME = re.compile(r"[a-z][a-z0-9]*\+[a-z][a-z0-9]*")
# A Bluetooth address where a host stands; its colons begin no port.
_BLUETOOTH = re.compile(r"://[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}(?=[/?#]|$)")


def link_urls(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_LINKS:
        msg = f"must be a list of at most {MAX_LINKS} link URLs"
        raise ValueError(msg)
    links = tuple(check_link_url(url) for url in value)
    if len(set(links)) < len(links):
        msg = "holds the same link twice"
        raise ValueError(msg)
    return links


def check_link_url(url: object) -> str:
    """Return a link URL of the right shape; what its transport makes of it is checked later.

    Raises:
        ValueError: It is no link URL; the text says what one looks like and holds no password.
    """
    example = "such as jsonmesh+mqtt://HOST:1883"
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        msg = f"must hold link URLs, {example}, in quotes and without spaces"
        raise ValueError(msg)
    parts = _split(url)
    if parts is None or not _SCHEME.fullmatch(parts.scheme) or "://" not in url:
        msg = f"{clean_line(hide_password(url), 80)!r} is no link URL, {example}"
        raise ValueError(msg)
    return url


def hide_password(url: str) -> str:
    """Return a link URL fit to be shown: passwords are replaced by `***`, whatever its shape."""
    shown = _SECRET_QUERY.sub(r"\g<1>***", url)
    head, separator, rest = shown.partition("://")
    authority, at, tail = rest.rpartition("@")
    if not at:
        return shown
    user, colon, _ = authority.partition(":")
    return f"{head}{separator}{user}{':***' if colon else ''}@{tail}"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(_BLUETOOTH.sub("://device", url, count=1))
        _ = parts.port
    except ValueError:
        return None
    return parts
