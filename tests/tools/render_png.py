"""Turns SVG screenshots into PNGs, to look at them: needs `resvg_py` and a DejaVu Sans Mono."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import resvg_py

FONTS = "/usr/share/fonts/truetype"
FAMILY = "DejaVu Sans Mono"


def render(svg: str) -> bytes:
    """Draw one picture. The fonts it names come from the web, so another is put in their place."""
    local = re.sub(r"font-family: [^;]+;", f"font-family: {FAMILY};", svg)
    local = re.sub(r"@font-face \{.*?\}", "", local, flags=re.DOTALL)
    return bytes(resvg_py.svg_to_bytes(svg_string=local, font_dirs=[FONTS]))


def render_folder(svgs: Path, pngs: Path) -> None:
    """Draw every picture of a folder into another."""
    pngs.mkdir(parents=True, exist_ok=True)
    for path in sorted(svgs.glob("*.svg")):
        picture = render(path.read_text(encoding="utf-8"))
        (pngs / path.with_suffix(".png").name).write_bytes(picture)


if __name__ == "__main__":
    render_folder(Path(sys.argv[1]), Path(sys.argv[2]))
