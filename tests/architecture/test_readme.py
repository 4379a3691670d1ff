"""The README says what the program does."""

from __future__ import annotations

import re

from tests.tools.readme_commands import README, with_table


def test_the_readme_lists_every_command_as_the_registry_has_it() -> None:
    readme = README.read_text(encoding="utf-8")

    assert with_table(readme) == readme, "run `make readme`"


def test_every_picture_in_the_readme_exists() -> None:
    pictures = re.findall(r"\((screenshots/[^)]+)\)", README.read_text(encoding="utf-8"))

    assert pictures
    assert [name for name in pictures if not (README.parent / name).is_file()] == []
