"""Signs, in two sets: `unicode`, and `plain` for terminals and fonts that know ASCII only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs; every sign is one cell wide.

    Attributes:
        bar: Eight eighths, from nearly empty to full, for sparklines and bars.
    """

    name: str
    queued: str
    sent: str
    relayed: str
    delivered: str
    failed: str
    cancelled: str
    link_up: str
    link_down: str
    link_connecting: str
    mention: str
    favourite: str
    contact: str
    online: str
    offline: str
    horizontal: str
    vertical: str
    tee_down: str
    tee_up: str
    prompt: str
    cursor: str
    expanded: str
    collapsed: str
    arrow: str
    sort_down: str
    sort_up: str
    ellipsis: str
    dot: str
    warning: str
    signed: str
    bar: str


UNICODE = Glyphs(
    name="unicode",
    queued="·",
    sent=">",
    relayed="~",
    delivered="✓",
    failed="✗",
    cancelled="–",  # noqa: RUF001 - a dash is meant
    link_up="●",
    link_down="○",
    link_connecting="◌",
    mention="!",
    favourite="★",
    contact="+",
    online="●",
    offline="○",
    horizontal="─",
    vertical="│",
    tee_down="┬",
    tee_up="┴",
    prompt="›",  # noqa: RUF001 - an arrow head is meant
    cursor="▸",
    expanded="▾",
    collapsed="▸",
    arrow="→",
    sort_down="▾",
    sort_up="▴",
    ellipsis="…",
    dot="·",
    warning="▲",
    signed="§",
    bar="▁▂▃▄▅▆▇█",
)

PLAIN = Glyphs(
    name="plain",
    queued=".",
    sent=">",
    relayed="~",
    delivered="+",
    failed="x",
    cancelled="-",
    link_up="*",
    link_down="o",
    link_connecting="?",
    mention="!",
    favourite="*",
    contact="+",
    online="*",
    offline="o",
    horizontal="-",
    vertical="|",
    tee_down="+",
    tee_up="+",
    prompt=">",
    cursor=">",
    expanded="v",
    collapsed=">",
    arrow=">",
    sort_down="v",
    sort_up="^",
    ellipsis="~",
    dot="-",
    warning="!",
    signed="s",
    bar=".:-=+*%#",
)

GLYPH_SETS = {glyphs.name: glyphs for glyphs in (UNICODE, PLAIN)}


def glyph_set(name: str) -> Glyphs:
    """Look a set up; an unknown name gives `unicode`."""
    return GLYPH_SETS.get(name, UNICODE)
