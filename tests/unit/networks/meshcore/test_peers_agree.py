"""Packets of a seed as other people's readers see them: where they read the same, so do we.

Where they differ from the firmware, the firmware counts: `meshcore` names a packet by another hash
and takes any payload type, `pymc_core` does not compare the plaintext with what it claims to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.packet import decode_packet
from meshtui.networks.meshcore.record import record_of
from tests.support.companion_server import require
from tests.support.meshcore_corpus import Corpus

if TYPE_CHECKING:
    from tests.support.meshcore_peers import MeshcorePy, PymcCore

pytestmark = pytest.mark.peers
CORPUS = Corpus(200, seed=7)


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    keyring = Keyring()
    for channel in CORPUS.channels:
        keyring.add_channel(channel)
    return keyring


@pytest.fixture(scope="module")
def library() -> MeshcorePy:
    require("meshcore")
    require("pymc_core")
    from tests.support.meshcore_peers import MeshcorePy

    return MeshcorePy(CORPUS.channels)


@pytest.fixture(scope="module")
def core() -> PymcCore:
    require("meshcore")
    require("pymc_core")
    from tests.support.meshcore_peers import PymcCore

    return PymcCore(CORPUS.channels)


def ours(data: bytes, keyring: Keyring) -> tuple[dict[str, Any], dict[str, Any]]:
    record = record_of(decode_packet(data), keyring)
    decoded = record["decoded"]
    assert isinstance(decoded, dict)
    return record, decoded


def test_the_library_meshcore_reads_the_same(library: MeshcorePy, keyring: Keyring) -> None:
    opened = 0
    for data in CORPUS.packets:
        theirs = library.read(data)
        record, decoded = ours(data, keyring)

        assert theirs["header"] == int(str(record["header"]), 16)
        assert theirs["path_len"] == record["hops"]
        assert theirs["path_hash_size"] == record["path_hash_size"]
        if record["path"] is not None:
            assert theirs["path"].upper() == "".join(record["path"])
        if record["payload_type_name"] == "GRP_TXT":
            assert theirs.get("chan_name") == decoded.get("channel")
            assert theirs.get("message") == decoded.get("text")
            assert theirs.get("sender_timestamp") == decoded.get("timestamp")
            opened += "text" in decoded
        elif record["payload_type_name"] == "ADVERT":
            assert theirs["adv_key"].upper() == decoded["public_key"]
            assert theirs["adv_timestamp"] == decoded["timestamp"]
            assert theirs["adv_name"] == decoded["name"]
            assert theirs["adv_type"] == decoded["node_type"]
    assert opened > 40


def test_pymc_core_reads_the_same(core: PymcCore, keyring: Keyring) -> None:
    opened = verified = 0
    for data in CORPUS.packets:
        theirs = core.read(data, verifies=True)
        record, decoded = ours(data, keyring)

        assert theirs["type"] == record["payload_type"]
        assert theirs["hash"][:8].hex().upper() == record["packet_hash"]
        if record["payload_type_name"] == "GRP_TXT":
            for name in ("channel", "timestamp", "sender", "message"):
                assert theirs.get(name) == decoded.get(name)
            opened += "text" in decoded
        elif record["payload_type_name"] == "ADVERT":
            assert theirs["pubkey"].upper() == decoded["public_key"]
            assert theirs["valid"] is decoded["signature_valid"] is True
            verified += 1
    assert opened > 40
    assert verified > 30


def test_pymc_core_refuses_a_forged_advert_as_we_do(core: PymcCore, keyring: Keyring) -> None:
    advert = next(data for data in CORPUS.packets if data[0] >> 2 == 4)
    forged = advert[:-1] + bytes((advert[-1] ^ 1,))

    assert core.read(forged, verifies=True)["valid"] is False
    assert ours(forged, keyring)[1]["signature_valid"] is False
