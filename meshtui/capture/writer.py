"""Writes packets to a file of one of the formats, chosen by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from meshtui.capture.link_types import is_radio
from meshtui.capture.pcap import encode_header, encode_record
from meshtui.capture.pcapng_writer import PcapngWriter
from meshtui.capture.tuning import tuning_of
from meshtui.model.packet_row import json_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from meshtui.capture.packet import LoraChannel
    from meshtui.model.packet_row import PacketRow

FORMS: Final = ("jsonl", "pcap", "pcapng")

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


def write_packets(
    path: Path,
    rows: Iterable[tuple[PacketRow, LoraChannel | None]],
    form: str,
    *,
    is_all_radio: bool = False,
) -> None:
    """Write rows to a new file of mode 0600, which must not be there yet, not even as a link.

    Args:
        rows: Each with how its radio was set, where that is known.
        form: One of `FORMS`.
        is_all_radio: No row is anything but a radio's packet (`is_radio`); for `pcap`, which
            must know it beforehand.

    Raises:
        OSError: The file is there, or cannot be written; then it is not left half-written.
    """
    descriptor = os.open(path, _FLAGS, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in _pieces(rows, form, is_all_radio=is_all_radio):
                file.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def are_all_radio(rows: Iterable[PacketRow]) -> bool:
    """Tell what `write_packets` must know of its rows."""
    return all(is_radio(row) for row in rows)


def _pieces(
    rows: Iterable[tuple[PacketRow, LoraChannel | None]], form: str, *, is_all_radio: bool
) -> Iterator[bytes]:
    if form == "pcap":
        yield encode_header(is_radio=is_all_radio)
        for row, lora in rows:
            yield encode_record(row, lora, is_radio=is_all_radio)
    elif form == "pcapng":
        writer = PcapngWriter()
        yield writer.header()
        for row, lora in rows:
            yield writer.record(row, lora)
    else:
        for row, lora in rows:
            yield f"{json_line(row, None if lora is None else tuning_of(lora))}\n".encode()
