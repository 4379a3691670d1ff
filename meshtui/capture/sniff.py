"""Which format a file has, by its first bytes; and what a file that is none seems to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.capture.lines import HEX_LINE, LinesScanner
from meshtui.capture.pcap import HEADER_BYTES, MAGICS, PcapScanner
from meshtui.capture.pcapng import SECTION_MAGIC, PcapngScanner
from meshtui.errors import DecodeError

if TYPE_CHECKING:
    from meshtui.capture.scanner import Scanner

HEAD_BYTES: Final = 8_192
_SECTION_BYTES: Final = 12
_SECTION_ORDERS: Final = (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
_GZIP: Final = b"\x1f\x8b"
_OTHERS: Final = (
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a Windows program"),
    (b"PK\x03\x04", "a zip archive"),
    (_GZIP, "gzip within gzip"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ\x00", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"%PDF", "a PDF document"),
    (b"btsnoop\x00", "a Bluetooth log (btsnoop)"),
    (b"RTSS", "a capture of Network Monitor"),
    (b"GMBU", "a capture of Network Monitor"),
    (b"\xa1\xb2\xcd\x34", "a pcap of an old, modified kind"),
    (b"\x34\xcd\xb2\xa1", "a pcap of an old, modified kind"),
    (b"[", "JSON in one array, where one object a line is needed"),
    (b"<?xml", "XML"),
)


def sniff(head: bytes, *, is_all: bool) -> tuple[Scanner, int] | None:
    """Choose the reader, and say where it begins.

    Args:
        head: The first bytes; `HEAD_BYTES` always suffice.
        is_all: There is no more.

    Returns:
        None = too little is known yet; never where `is_all`, or `HEAD_BYTES` are there.

    Raises:
        DecodeError: It is no file of packets; the text says what it seems to be.
    """
    if not head.strip() and (is_all or len(head) >= HEAD_BYTES):
        raise DecodeError("not-a-capture", "it is empty")
    if len(head) < 4 and not is_all:
        return None
    if head[:4] in MAGICS:
        return _pcap(head, is_all=is_all)
    if head.startswith(SECTION_MAGIC):
        return _pcapng(head, is_all=is_all)
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise DecodeError("not-a-capture", f"it is {what}")
    return _lines(head, is_all=is_all)


def _pcap(head: bytes, *, is_all: bool) -> tuple[Scanner, int] | None:
    if len(head) >= HEADER_BYTES:
        return PcapScanner(head[:HEADER_BYTES]), HEADER_BYTES
    if is_all:
        raise DecodeError("not-a-capture", "it is a pcap, cut off within its header", len(head))
    return None


def _pcapng(head: bytes, *, is_all: bool) -> tuple[Scanner, int] | None:
    if len(head) < _SECTION_BYTES:
        if is_all:
            raise DecodeError("not-a-capture", "it is cut off within a pcapng's header", len(head))
        return None
    if head[8:12] not in _SECTION_ORDERS:
        raise DecodeError("not-a-capture", "it begins as a pcapng, and is none", 8)
    return PcapngScanner(), 0


def _lines(head: bytes, *, is_all: bool) -> tuple[Scanner, int] | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    line, end, _ = text.partition(b"\n")
    is_whole = bool(end) or is_all
    if not is_whole and len(head) < HEAD_BYTES:
        return None
    line = line.rstrip()
    if line.startswith(b"{"):
        if end and not line.endswith(b"}"):
            raise DecodeError("not-a-capture", "it is JSON, but not one object a line")
        return LinesScanner(), 0
    if line and HEX_LINE.match(line if is_whole else line[: len(line) // 2 * 2]):
        return LinesScanner(), 0
    what = "text" if _is_text(head) else "binary data of a kind that is not known here"
    wanted = "a pcap, a pcapng, JSON Lines of packets, or lines of hex digits"
    raise DecodeError("not-a-capture", f"it is {what}; needed is {wanted}", 0)


def _is_text(head: bytes) -> bool:
    printable = sum(32 <= byte < 127 or byte in b"\t\r\n\f\x1b" or byte >= 0xC2 for byte in head)
    return b"\0" not in head and printable >= len(head) * 0.9
