"""A store in memory for the store's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.open_store import OpenStore

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store() -> Iterator[OpenStore]:
    opened = OpenStore.at()
    yield opened
    opened.database.close()
