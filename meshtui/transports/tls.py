"""How a link checks who it talks to; the same for every transport over TLS."""

from __future__ import annotations

import ssl
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meshtui.transports.base import LinkSpec

# Reading all authorities takes a twentieth of a second, and a megabyte for as long as the
# connection lives: those with the same settings share them.
MAX_KEPT: Final = 16
_turn: Final = threading.Lock()


def client_context(spec: LinkSpec) -> ssl.SSLContext:
    """Check against the system's authorities, and `?ca=FILE`'s; nothing with `?insecure=1`.

    The context is shared and must not be changed; files that have changed since make a new one.

    Raises:
        TransportError: The file of `ca` cannot be read or holds no certificate.
    """
    authority = spec.options.get("ca", "")
    files = tuple(_stamps(authority))
    with _turn:  # brokers connect at the same time
        return _context(authority, files, is_insecure=spec.options.get("insecure") == "1")


def _stamps(authority: str) -> Iterator[tuple[int, int]]:
    """Say how files of authorities are by now: their times and sizes, in order."""
    system = ssl.get_default_verify_paths()
    for path in (system.cafile, system.capath, authority):
        try:
            status = Path(path).expanduser().stat() if path else None
        except OSError:
            status = None
        yield (status.st_mtime_ns, status.st_size) if status else (0, 0)


@lru_cache(maxsize=MAX_KEPT)
def _context(
    authority: str,
    files: tuple[tuple[int, int], ...],  # noqa: ARG001 - a part of the key
    *,
    is_insecure: bool,
) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if authority:
        # Python 3.13 asks for RFC 5280 to the letter, which home-made authorities seldom follow;
        # signature, dates and host name are checked all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        try:
            context.load_verify_locations(Path(authority).expanduser())
        except ssl.SSLError:
            msg = f"cannot read ca {authority}: it holds no PEM certificate"
            raise TransportError(msg, is_final=True) from None
        except OSError as error:
            msg = f"cannot read ca {authority}: {error.strerror}"
            raise TransportError(msg, is_final=True) from None
    return context
