"""Texts that attack a terminal, its reader or its layout; one of each kind."""

from __future__ import annotations

_ESC = "\x1b"
_ST = "\x1b\\"

OSC = [
    f"{_ESC}]0;PWNED\x07",
    f"{_ESC}]2;PWNED{_ST}",
    f"{_ESC}]4;1;#ff0000\x07",
    f"{_ESC}]7;file://evil/\x07",
    f"{_ESC}]8;;http://evil/{_ST}x{_ESC}]8;;{_ST}",
    f"{_ESC}]9;PWNED\x07",
    f"{_ESC}]10;?\x07{_ESC}]11;?\x07",
    f"{_ESC}]50;evil\x07",
    f"{_ESC}]52;c;UFdORUQ=\x07",
    f"{_ESC}]52;c;?\x07",
    f"{_ESC}]133;A\x07",
    f"{_ESC}]777;notify;a;b\x07",
    f"{_ESC}]1337;File=inline=1:AAAA\x07",
    f"{_ESC}]2;unterminated",
    f"{_ESC}]2;x\x9c",
]
STRINGS = [
    f"{_ESC}P$qm{_ST}",
    f'{_ESC}Pq"1;1;9;9#0~{_ST}',
    f"{_ESC}Ptmux;{_ESC}{_ESC}]52;c;UFdO\x07{_ST}",
    f"{_ESC}_Gf=100;AAAA{_ST}",
    f"{_ESC}^PM{_ST}",
    f"{_ESC}XSOS{_ST}",
]
CSI = [
    f"{_ESC}[{tail}"
    for tail in (
        "2J",
        "H",
        "6n",
        "c",
        "21t",
        "?1049l",
        "?1000h",
        "?2004l",
        "1;1r",
        "8;1;1t",
        "8m",
        "5m",
    )
]
ESCAPES = [f"{_ESC}c", f"{_ESC}(0", f"{_ESC}#8", _ESC, f"end{_ESC}"]
CONTROLS = [
    "\x9b2J",
    "\x9d0;PWNED\x9c",
    "\x90q\x9c",
    "over\rwritten",
    "a\b\b\b",
    "\x07" * 1000,
    "a\x0b\x0cb",
    "a\x00b",
    "a\x7fb",
    "\x0e\x0f",
]
UNICODE = [
    "\u202egnp.exe",
    "\u2066\u2067unbalanced",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a" + "\u0301" * 200,
    "al\u200bice",
    "\U000e0041\U000e0042",
    "x" + "\ufe0f" * 100,
    "山田花子" * 30,
    "\ufdfd" * 10,
    "\udc9b2J",
]
MARKUP = [
    "[red]red[/red]",
    "[/bold]",
    "[@click=app.quit]x[/]",
    "[link=http://evil]x[/link]",
    "%s{0}{app}",
    "$background",
]
SHAPES = ["w" * 10_240, "\n" * 50, " " * 300, "system", "You", "me", ""]

HOSTILE = [*OSC, *STRINGS, *CSI, *ESCAPES, *CONTROLS, *UNICODE, *MARKUP, *SHAPES]
