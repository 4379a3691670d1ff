"""Theme files: ours are complete, a bad one says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meshtui.errors import ConfigError
from meshtui.tui.themes import COLOURS, load_themes, read_theme, shipped_dir

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted(shipped_dir().glob("*.toml"))
GOOD = (shipped_dir() / "harbour.toml").read_text(encoding="utf-8")


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_at_least_six_themes_are_shipped() -> None:
    assert len(load_themes(None).themes) >= 6
    assert load_themes(None).problems == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_text_colour_can_be_read_on_its_background(path: Path) -> None:
    theme, _ = read_theme(path)
    if theme.ansi:
        pytest.skip("the terminal's own colours")
    texts = [theme.foreground, theme.primary, theme.accent, theme.success, theme.error]
    names = [theme.variables[f"name-{index}"] for index in range(8)]

    assert min(contrast(text or "", theme.background or "") for text in [*texts, *names]) >= 4.5
    assert contrast(theme.variables["muted"], theme.background or "") >= 3.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "[colours] is missing"),
        ("x = [", "bad.toml"),
        (GOOD.replace("#11161c", "blue", 1), "colours.background"),
        (GOOD.replace("primary", "primery"), "unknown key"),
        (GOOD.replace("is_dark = true", "is_dark = 1"), "is_dark"),
        (GOOD.replace("names = [", "names = [] # "), "names"),
        (GOOD.replace('"#11161c"', '"ansi_pink"', 1), "colours.background"),
        ("x" * 70_000, "64 KiB"),
    ],
)
def test_a_bad_file_names_itself_and_the_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        read_theme(path)

    assert "bad.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_users_theme_stands_beside_ours_and_a_bad_one_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.toml").write_text("[", encoding="utf-8")

    found = load_themes(tmp_path)

    assert {"mine", "harbour"} <= set(found.themes)
    assert len(found.problems) == 1


def test_a_theme_sets_every_colour_we_name() -> None:
    assert all(f"{colour}" in GOOD for colour in COLOURS)
