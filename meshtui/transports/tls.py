"""How a link checks who it talks to; the same for every transport over TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.errors import TransportError

if TYPE_CHECKING:
    from meshtui.transports.base import LinkSpec


def client_context(spec: LinkSpec) -> ssl.SSLContext:
    """Check against the system's authorities, and `?ca=FILE`'s; nothing with `?insecure=1`.

    Raises:
        TransportError: The file of `ca` cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if spec.options.get("insecure") == "1":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if authority := spec.options.get("ca"):
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
