"""Reading recorded packets with given keys."""

from __future__ import annotations

import pytest

from meshtui.errors import ConfigError, DecodeError
from meshtui.model.ids import Instant, LinkId
from meshtui.model.packet import Frame, Verdict
from meshtui.model.secret import SecretBytes
from meshtui.networks.base import KeyMaterial
from meshtui.networks.meshcore.channel_key import ChannelKey, invitation_of
from meshtui.networks.meshcore.dissector import MeshcoreDissector
from tests.support.meshcore_vectors import key, packets, raw, vectors

SEEDS = {name: bytes.fromhex(entry["seed"]) for name, entry in vectors()["keys"].items()}
PRIV256 = SecretBytes(bytes.fromhex(vectors()["derived"]["channels"][2]["key"]))


def frame(data: bytes, endpoint: str = "") -> Frame:
    return Frame(LinkId("l"), data, Instant(0.0, 0), endpoint=endpoint)


def secrets(**keys: bytes) -> tuple[tuple[str, SecretBytes], ...]:
    return tuple((label.strip("_"), SecretBytes(secret)) for label, secret in keys.items())


def ends(dissector: MeshcoreDissector, packet: str = "TXT_MSG A->B") -> tuple[object, object]:
    decoded = dissector.record(frame(raw(packet)))["decoded"]
    return decoded["from"], decoded["to"]


@pytest.mark.parametrize("kind", ["seed", "private_key_64"])
def test_the_keys_of_the_two_ends_and_three_channels_give_every_expected_row(kind: str) -> None:
    keys = [bytes.fromhex(vectors()["keys"][name][kind]) for name in "AB"]
    identities = tuple(("", SecretBytes(secret)) for secret in keys)
    dissector = MeshcoreDissector(KeyMaterial((("#test", None), ("priv256", PRIV256)), identities))

    for entry in packets():
        assert dissector.record(frame(bytes.fromhex(entry["hex"]))) == entry["expected"]


def test_one_end_and_the_public_key_of_the_other_suffice() -> None:
    contacts = (("", key("A").public_key), ("", key("B").public_key))

    dissector = MeshcoreDissector(KeyMaterial((), secrets(_=SEEDS["A"]), contacts))

    assert ends(dissector) == ("A", "B")


def test_labels_are_kept_and_letters_already_taken_are_skipped() -> None:
    contacts = (("", key("R").public_key), ("", key("B").public_key))
    dissector = MeshcoreDissector(KeyMaterial((), secrets(A=SEEDS["A"]), contacts))

    assert ends(dissector) == ("A", "C")


def test_public_needs_no_key_and_others_need_theirs() -> None:
    dissector = MeshcoreDissector(KeyMaterial())

    public, test = (
        dissector.summarise(frame(raw(name))) for name in ("GRP_TXT Public", "GRP_TXT scoped")
    )

    assert public.verdict is Verdict.DELIVERED
    assert test.verdict is Verdict.UNREADABLE


def test_an_invitation_is_a_name_and_its_key() -> None:
    invitation = invitation_of(ChannelKey("priv256", PRIV256))
    dissector = MeshcoreDissector(KeyMaterial(((invitation, None),)))

    assert dissector.record(frame(raw("GRP_TXT 256-bit")))["decoded"]["channel"] == "priv256"


def test_acknowledgements_are_matched_with_texts_read_before() -> None:
    dissector = MeshcoreDissector(KeyMaterial((), secrets(a=SEEDS["A"], b=SEEDS["B"])))

    text = dissector.summarise(frame(raw("TXT_MSG A->B flood via R (expects PATH+ACK back, recip")))
    path = dissector.summarise(frame(bytes.fromhex(packets()[8]["hex"])))

    assert path.acks == text.message_id != ""


@pytest.mark.parametrize(
    "keys",
    [
        KeyMaterial(channels=(("private", None),)),
        KeyMaterial(channels=(("x", SecretBytes(bytes(16))),)),
        KeyMaterial(channels=(("x", SecretBytes(b"\1" * 15)),)),
        KeyMaterial(channels=(("meshcore://channel/add?name=x&secret=5ec4e7", None),)),
        KeyMaterial(identities=(("A", SecretBytes(b"\1" * 31)),)),
        KeyMaterial(identities=(("", SecretBytes(bytes(64))),)),
        KeyMaterial(contacts=(("A", bytes(31)),)),
        KeyMaterial(contacts=(("A", bytes(32)),)),
    ],
)
def test_what_is_no_key_of_this_network_is_refused_by_name(keys: KeyMaterial) -> None:
    with pytest.raises(ConfigError, match=r"^(channel|identity|contact)\b") as refused:
        MeshcoreDissector(keys)

    assert "5ec4e7" not in str(refused.value)


def test_a_radios_own_protocol_is_read_by_its_endpoint() -> None:
    dissector = MeshcoreDissector(KeyMaterial())
    sent = frame(b"\x0a", "companion")

    assert dissector.summarise(sent).kind == dissector.record(sent)["kind"]
    assert dissector.dissect(sent).fields
    with pytest.raises(DecodeError):
        dissector.record(frame(b"", "companion"))


def test_what_is_no_packet_is_refused() -> None:
    with pytest.raises(DecodeError, match="bad-version"):
        MeshcoreDissector(KeyMaterial()).record(frame(b"\xff\x00"))
