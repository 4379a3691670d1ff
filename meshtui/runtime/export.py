"""Writing packets to a file of their own, which nobody else could have prepared."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from meshtui.capture.link_types import is_radio
from meshtui.capture.packet import LoraChannel
from meshtui.capture.writer import FORMS, are_all_radio, write_packets
from meshtui.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from meshtui.model.ids import LinkId
    from meshtui.model.link import RadioSettings
    from meshtui.model.packet_row import PacketRow

_ATTEMPTS: Final = 100


def write_export(
    folder: Path,
    rows: Sequence[PacketRow],
    now_ms: int,
    form: str = "jsonl",
    radios: Mapping[LinkId, RadioSettings] | None = None,
) -> Path:
    """Write rows to a new file of mode 0600; blocks, so call it in a worker.

    Args:
        radios: How the radios are set that the rows crossed, by link.

    Returns:
        The file, named after the moment.

    Raises:
        LocalProtocolError: There is no such form.
        OSError: The folder cannot be made, or the file cannot be written.
    """
    is_all_radio = form == "pcap" and are_all_radio(rows)
    channels = {link_id: lora_channel(radio) for link_id, radio in (radios or {}).items()}
    pairs = ((row, channels.get(row.link_id) if is_radio(row) else None) for row in rows)
    return write_named(folder, pairs, now_ms, form, is_all_radio=is_all_radio)


def lora_channel(radio: RadioSettings) -> LoraChannel:
    """Return what a recording keeps of how a radio is set."""
    frequency_hz = round((radio.frequency_mhz or 0) * 1_000_000)
    return LoraChannel(frequency_hz, radio.bandwidth_khz, radio.spreading_factor)


def write_named(
    folder: Path,
    rows: Iterable[tuple[PacketRow, LoraChannel | None]],
    now_ms: int,
    form: str,
    *,
    is_all_radio: bool,
) -> Path:
    """Do as `write_export`, with how each packet's radio was set."""
    if form not in FORMS:
        msg = f"packets are written as {', '.join(FORMS)}, not as {form}"
        raise LocalProtocolError(msg)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).strftime("%Y%m%d-%H%M%S")
    for count in range(1, _ATTEMPTS + 1):
        suffix = "" if count == 1 else f"-{count}"
        path = folder / f"packets-{moment}{suffix}.{form}"
        try:
            write_packets(path, rows, form, is_all_radio=is_all_radio)
        except FileExistsError:
            continue
        return path
    msg = f"{folder}: {_ATTEMPTS} exports of this second are there already"
    raise FileExistsError(msg)
