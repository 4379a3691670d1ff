"""Telling a peer the way to us, and learning the way to it.

B receives A's flood and floods back PATH{the path it came by, an ack or a response}; A keeps the
path and tells B in turn, along it, by which path B's flood came. Both then write along paths.

A returned path has no time in it, and the firmware takes it whenever it is heard, so somebody who
recorded one could play it again and lead us astray. Here a path counts once, in all lives of the
program; again only if what comes with it answers something we wait for, which an old one cannot.
What no node can tell is a path that never reached it before, or a flood whose path a relay wrote
wrongly: paths of floods are nobody's word. There the harm is bounded: a text that is not
acknowledged goes by a path twice, then the path is forgotten and the text floods. So it does where
a companion radio learns the paths, by its own firmware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meshtui.errors import EncodeError
from meshtui.networks.meshcore.node.contacts import OutPath
from meshtui.networks.meshcore.node.delays import PATH_RETRY_MS, RECIPROCAL_PATH_MS
from meshtui.networks.meshcore.node.outputs import PathLearned
from meshtui.networks.meshcore.node.sealed import ENDS_BYTES, seal_for
from meshtui.networks.meshcore.packet import MAX_PAYLOAD_BYTES, PayloadType
from meshtui.networks.meshcore.payloads.path import PathBody, decode_path, encode_path

if TYPE_CHECKING:
    from meshtui.model.packet import RxMeta
    from meshtui.networks.meshcore.node.core import Core
    from meshtui.networks.meshcore.node.host import Host
    from meshtui.networks.meshcore.packet import Packet

_PATH: Final = int(PayloadType.PATH)
_NOTHING: Final = 0xFF
_RANDOM_BYTES: Final = 4
# both hashes, proof and one block of padding; the firmware reckons five bytes more
_ROOM: Final = MAX_PAYLOAD_BYTES - 2 - 16 - 5


def path_return(
    core: Core, peer: bytes, packet: Packet, extra_type: int = _NOTHING, extra: bytes = b""
) -> bytes:
    """Write the payload that tells a peer by which path its flood came.

    Args:
        extra: What goes with it; empty = four random bytes, so that the packet is unique.

    Raises:
        EncodeError: Path and extra are too long together.
    """
    if not extra:
        extra_type, extra = _NOTHING, core.random(_RANDOM_BYTES)
    if len(packet.path) + len(extra) > _ROOM:
        msg = f"a path of {len(packet.path)} bytes and {len(extra)} more fit no packet"
        raise EncodeError(msg)
    body = PathBody(packet.path_len, packet.path, extra_type, extra)
    payload = seal_for(core, peer, encode_path(body))
    core.keyring.take_once(peer, payload[ENDS_BYTES:])  # turned round, it would be our peer's
    return payload


def hear(core: Core, host: Host, packet: Packet, rx: RxMeta, peer: bytes, plaintext: bytes) -> None:
    """Take a returned path, and return the favour where it flooded and the role wants it."""
    body = decode_path(plaintext)
    is_new = core.keyring.take_once(peer, packet.payload[ENDS_BYTES:])
    if not is_new and not _is_awaited(core, peer, body):
        core.drop("replay")
        return
    if host.path(packet, rx, peer, body) and packet.is_flood:
        out_path = OutPath(body.path_len, body.path)
        core.direct(_PATH, path_return(core, peer, packet), out_path, RECIPROCAL_PATH_MS)


def _is_awaited(core: Core, peer: bytes, body: PathBody) -> bool:
    """Tell whether what comes with a path answers a text or a question of ours."""
    if body.ack is not None:
        return core.acks.has(body.ack)
    return body.response is not None and core.pending.peek(body.response[:4], peer) is not None


def learn(core: Core, rx: RxMeta, peer: bytes, body: PathBody) -> None:
    """Keep the way to a contact, whatever was known before."""
    out_path = OutPath(body.path_len, body.path)
    core.set_out_path(peer, out_path)
    core.out.append(PathLearned(peer, out_path, rx))


def tell_again(core: Core, packet: Packet, peer: bytes) -> None:
    """A peer floods although we know the way to it: it does not know the way to us yet."""
    out_path = core.out_path(peer)
    if packet.is_flood and out_path is not None:
        core.direct(_PATH, path_return(core, peer, packet), out_path, PATH_RETRY_MS)
