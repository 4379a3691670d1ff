"""What tests of recordings share."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from meshtui.capture.index import CaptureIndex, open_index
from meshtui.capture.source import open_descriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Open = "Callable[[bytes], CaptureIndex]"


@pytest.fixture
def read() -> Iterator[Callable[[bytes], CaptureIndex]]:
    """Return a function that opens bytes as a file and finds all packets in it."""
    opened: list[CaptureIndex] = []

    def open_bytes(content: bytes) -> CaptureIndex:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            descriptor = os.dup(file.fileno())
            os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            index = open_index(open_descriptor(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        opened.append(index)
        while index.advance():
            pass
        return index

    yield open_bytes
    for index in opened:
        index.close()
