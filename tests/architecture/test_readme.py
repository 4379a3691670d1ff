"""The README says what the program does."""

from __future__ import annotations

import re

from meshtui.config.settings import parse_config
from meshtui.model.display_filter import compile_filter
from meshtui.model.packet_fields import packet_fields
from tests.tools.readme_tables import README, with_tables


def test_the_readme_lists_commands_and_filter_fields_as_the_program_has_them() -> None:
    readme = README.read_text(encoding="utf-8")

    assert with_tables(readme) == readme, "run `make readme`"


def test_every_picture_in_the_readme_exists() -> None:
    pictures = re.findall(r"\((screenshots/[^)]+)\)", README.read_text(encoding="utf-8"))

    assert pictures
    assert [name for name in pictures if not (README.parent / name).is_file()] == []


def test_the_settings_in_the_readme_are_read_without_a_complaint() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)

    assert len(blocks) >= 2
    for block in blocks:
        config = parse_config(README, block)
        assert config.remarks == ()
        assert [broker.problem for broker in config.capture.brokers if broker.problem] == []


def test_the_filters_in_the_readme_are_read() -> None:
    readme = README.read_text(encoding="utf-8")
    quoted = re.findall(r"^filter = \"(.*?)\"", readme, re.MULTILINE)
    typed = re.findall(r"--filter '(.*?)'", readme)

    assert quoted
    assert typed
    for text in quoted + typed:
        compile_filter(text, packet_fields({}))
