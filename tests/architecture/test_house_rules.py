"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "meshtui").rglob("*.py"))
TOP_LEVEL = {
    "pyproject.toml",
    "meshtui",
    "tests",
    "screenshots",
    "README.md",
    "themes",
    "Makefile",
    "LICENSE",
}
BUILT = {"build", "dist"}


def test_the_top_level_holds_only_what_belongs_there() -> None:
    entries = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}

    assert entries - BUILT - TOP_LEVEL == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_begins_with_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.name == "__init__.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_package_face_imports_nothing(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body

    assert not [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outgrows_its_reader(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450
