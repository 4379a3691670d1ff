"""The keyring: several keys of one hash are told apart, and what is missing is said."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.crypto.ed25519 import KeyPair, from_seed
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore import keyring as keyrings
from meshtui.networks.meshcore.channel_key import ChannelKey, channel_key, key_of_name
from meshtui.networks.meshcore.keyring import Keyring
from meshtui.networks.meshcore.packet import PayloadType, decode_packet
from meshtui.networks.meshcore.payloads.ack import Ack
from meshtui.networks.meshcore.payloads.group_text import decode_group_text
from meshtui.networks.meshcore.payloads.registry import decode_payload
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_vectors import key, raw

A, B = key("A"), key("B")
TEXT = b"\xc9\xb9\x55\x69\x00hello"


def keys_of_hash(first: int, count: int) -> list[KeyPair]:
    """Key pairs whose public keys all begin with one byte."""
    found: list[KeyPair] = []
    number = 1000
    while len(found) < count:
        number += 1
        pair = from_seed(number.to_bytes(32, "little"))
        if pair.public_key[0] == first:
            found.append(pair)
    return found


def between(mine: KeyPair, theirs: KeyPair, plaintext: bytes = TEXT) -> bytes:
    return Cipher(mine.shared_secret(theirs.public_key).reveal).seal(plaintext)


def payload_of(name: str):
    packet = decode_packet(raw(name))
    return decode_payload(packet.payload_type, packet.payload)


def test_the_right_one_of_many_contacts_with_one_hash_is_found() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    twins = keys_of_hash(0x42, 12)
    for twin in twins:
        keyring.add_contact(twin.public_key)

    opened = keyring.open_direct(A.public_key[0], 0x42, between(twins[9], A), PayloadType.TXT_MSG)

    assert opened is not None
    assert (opened.peer, opened.label, opened.is_outgoing) == (twins[9].public_key, "us", False)
    assert opened.plaintext.startswith(TEXT)
    assert keyring.peers_of(0x42)[0] == twins[9].public_key


def test_no_more_candidates_are_tried_than_allowed() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    twins = keys_of_hash(0x42, keyrings.MAX_CANDIDATES + 1)
    for twin in twins:
        keyring.add_contact(twin.public_key)

    assert keyring.open_direct(A.public_key[0], 0x42, between(twins[-1], A)) is None


def test_what_we_sent_opens_too_and_is_known_as_ours() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.add_contact(B.public_key, "Bob")

    opened = keyring.open_direct(B.public_key[0], A.public_key[0], between(A, B))

    assert opened is not None
    assert (opened.peer, opened.is_outgoing) == (B.public_key, True)


def test_a_false_match_of_the_proof_is_not_taken_for_a_text() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.add_contact(B.public_key)
    ends = (A.public_key[0], B.public_key[0])
    nonsense = between(B, A, b"\xc9\xb9\x55\x69\xfc\xff\xfe\xfd")

    assert keyring.open_direct(*ends, nonsense) is not None
    assert keyring.open_direct(*ends, nonsense, PayloadType.TXT_MSG) is None
    assert keyring.open_direct(*ends, nonsense, PayloadType.PATH) is None


def test_an_all_zero_channel_key_is_never_tried() -> None:
    keyring = Keyring()
    keyring.add_channel(ChannelKey("cleared", SecretBytes(bytes(16))))

    sealed = Cipher(bytes(16)).seal(TEXT)

    assert keyring.channels == ()
    assert keyring.open_group(0x37, sealed) is None


def test_a_channel_of_the_same_name_takes_the_others_place() -> None:
    keyring = Keyring()
    keyring.add_channel(channel_key("hill", b"1" * 16))
    keyring.add_channel(channel_key("hill", b"2" * 16))

    assert [channel.secret.reveal for channel in keyring.channels] == [b"2" * 16]
    assert keyring.channel("hill") == keyring.channels[0]
    keyring.remove_channel("hill")
    keyring.remove_channel("hill")
    assert (keyring.channels, keyring.channel("hill")) == ((), None)


def test_of_two_channels_with_one_hash_what_succeeded_last_is_tried_first() -> None:
    keyring = Keyring()
    test = key_of_name("#test")
    number = 0
    while len(keyring.channels) < 2:
        number += 1
        twin = channel_key(f"twin {number}", number.to_bytes(16, "little"))
        if twin.hash == test.hash:
            keyring.add_channel(twin)
    keyring.add_channel(test)

    for _ in range(2):
        opened = keyring.open_group(test.hash, keyring.cipher_of(test).seal(TEXT))
        assert opened is not None
        assert opened[0] == test
    assert keyring._groups[test.hash][0][0] == test


def test_a_login_opens_for_its_server_and_for_who_sent_it() -> None:
    server, asker = Keyring(), Keyring()
    server.add_own("server", B)
    asker.add_own("asker", A)
    asker.add_contact(B.public_key, "Bob")
    ends = (B.public_key[0], A.public_key)
    sealed = between(A, B)

    at_server, at_asker = server.open_anon(*ends, sealed), asker.open_anon(*ends, sealed)

    assert at_server is not None
    assert at_asker is not None
    assert (at_server.label, at_server.peer, at_server.is_outgoing) == (
        "server",
        A.public_key,
        False,
    )
    assert (at_asker.label, at_asker.peer, at_asker.is_outgoing) == ("asker", B.public_key, True)
    assert Keyring().open_anon(*ends, sealed) is None


def test_a_key_that_is_none_agrees_on_nothing_and_is_asked_once() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)

    assert keyring.cipher_between(A, bytes(32)) is None
    assert keyring.cipher_between(A, bytes(32)) is None
    assert keyring.open_anon(A.public_key[0], bytes(32), between(B, A)) is None


def test_nothing_grows_without_end(monkeypatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_OWN", 1)
    monkeypatch.setattr(keyrings, "MAX_CONTACTS", 2)
    monkeypatch.setattr(keyrings, "MAX_CHANNELS", 1)
    monkeypatch.setattr(keyrings, "MAX_SECRETS", 1)
    keyring = Keyring()
    for name in "ABRS":
        keyring.add_own(name, key(name))
        keyring.add_contact(key(name).public_key, name)
        keyring.add_channel(key_of_name(f"#{name}"))
        keyring.cipher_between(A, key(name).public_key)

    assert keyring.own == (A,)
    assert [label for _, label in keyring.contacts] == ["R", "S"]
    assert [channel.name for channel in keyring.channels] == ["#A"]
    assert len(keyring._secrets) == 1


def test_a_contact_that_is_forgotten_is_no_candidate_and_our_own_key_stays_one() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.add_contact(A.public_key, "me")
    keyring.add_contact(B.public_key, "Bob")
    keyring.add_contact(B.public_key, "Bobby")
    assert keyring.label_of(B.public_key) == "Bobby"

    keyring.remove_contact(A.public_key)
    keyring.remove_contact(B.public_key)
    keyring.remove_contact(B.public_key)

    assert keyring.label_of(A.public_key) == "us"
    assert keyring.label_of(B.public_key) is None
    assert keyring.peers_of(A.public_key[0]) == (A.public_key,)
    assert keyring.peers_of(B.public_key[0]) == ()


@pytest.mark.parametrize(
    ("name", "own", "contacts", "channel", "words"),
    [
        ("GRP_TXT #test", (), (), "", "no channel of hash D9 is known"),
        ("GRP_TXT #test", (), (), "twin", "and not twin"),
        ("TXT_MSG A->B flood", (), (), "", "private key of either would open it"),
        ("TXT_MSG A->B flood", ("B",), (), "", "no node that begins with 8A is known"),
        ("TXT_MSG A->B flood", ("A",), (), "", "no node that begins with 81 is known"),
        ("ANON_REQ login", (), (), "", "a node that begins with 81"),
    ],
)
def test_it_says_which_key_is_missing(name, own, contacts, channel, words) -> None:
    keyring = Keyring()
    for one in own:
        keyring.add_own(one, key(one))
    if channel:
        number = 0
        while not keyring.channels:
            number += 1
            twin = channel_key(channel, number.to_bytes(16, "little"))
            if twin.hash == 0xD9:
                keyring.add_channel(twin)

    assert words in keyring.why(payload_of(name))


def test_it_says_that_none_of_the_known_nodes_is_the_right_one() -> None:
    keyring = Keyring()
    keyring.add_own("us", B)
    keyring.add_contact(keys_of_hash(A.public_key[0], 1)[0].public_key)

    assert "none of the known nodes that begin with 8A" in keyring.why(payload_of("TXT_MSG A->B"))


def test_what_is_in_clear_needs_no_key() -> None:
    assert Keyring().why(Ack(b"1234")) == ""


@given(st.binary(min_size=5, max_size=40))
def test_a_text_read_in_one_step_is_the_one_read_in_three(plaintext: bytes) -> None:
    keyring = Keyring()
    test = key_of_name("#test")
    keyring.add_channel(test)
    sealed = keyring.cipher_of(test).seal(plaintext)

    at_once = keyring.open_group_text(bytes((test.hash,)) + sealed)
    opened = keyring.open_group(test.hash, sealed)

    if opened is None:
        assert at_once is None
    else:
        body = decode_group_text(opened[1])
        assert at_once == (opened[0], body.timestamp, body.text)


def test_of_two_channels_with_one_hash_a_text_finds_its_own() -> None:
    keyring, twins = Keyring(), [key_of_name(f"#{n}") for n in range(3000)]
    first, second = [twin for twin in twins if twin.hash == 0x42][:2]
    keyring.add_channel(first)
    keyring.add_channel(second)
    payload = b"\x42" + Cipher(second.secret.reveal).seal(TEXT)

    for _ in range(2):
        opened = keyring.open_group_text(payload)

        assert opened is not None
        assert (opened[0].name, opened[2]) == (second.name, "hello")
    assert keyring.open_group_text(b"\x42" + Cipher(first.secret.reveal).seal(TEXT)) is not None


def test_a_text_that_is_cut_or_not_utf_8_is_no_text() -> None:
    keyring = Keyring()
    test = key_of_name("#test")
    keyring.add_channel(test)
    seal = keyring.cipher_of(test).seal

    for payload in (
        b"",
        b"\xd9",
        b"\xd9ab",
        b"\xd9" + seal(TEXT[:5] + b"\xff\xfe"),
        b"\xd9" + seal(b"\x07" * 5),
    ):
        assert keyring.open_group_text(payload) is None
    cut = keyring.open_group_text(b"\xd9" + seal(TEXT[:5] + "Zü".encode()[:2]))
    assert cut is not None
    assert cut[2] == "Z"


def test_a_refusal_holds_until_a_key_comes_or_goes() -> None:
    keyring = Keyring()
    test = key_of_name("#test")

    assert keyring.refusal_of_group(test.hash).reason == "no-key"
    keyring.add_channel(test)
    assert keyring.refusal_of_group(test.hash).reason == "bad-mac"
    keyring.remove_channel("#test")
    assert keyring.refusal_of_group(test.hash).reason == "no-key"

    ends = B.public_key[0], A.public_key[0]
    assert keyring.refusal_between(*ends).reason == "no-key"
    keyring.add_own("r", key("R"))
    assert keyring.refusal_between(*ends).reason == "wrong-hash"
    keyring.add_own("b", B)
    assert keyring.refusal_between(*ends).reason == "no-key"
    keyring.add_contact(A.public_key)
    assert keyring.refusal_between(*ends).reason == "bad-mac"
    keyring.remove_contact(A.public_key)
    assert keyring.refusal_between(*ends).reason == "no-key"


def test_remembered_refusals_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_REFUSALS", 3)
    keyring = Keyring()

    for number in range(10):
        assert f"{number:02X}" in keyring.refusal_between(number, number).why
    assert len(keyring._refusals) <= 3


def test_who_writes_to_us_is_not_forgotten_for_those_who_only_advertise(monkeypatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_CONTACTS", 2)
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.add_contact(B.public_key, "Bob")
    for number in range(10, 15):
        keyring.add_contact(from_seed(bytes((number,)) * 32).public_key, "noise")
        opened = keyring.open_direct(A.public_key[0], B.public_key[0], between(B, A))
        assert opened is not None

    assert keyring.label_of(B.public_key) == "Bob"


@pytest.mark.parametrize("have_written", [False, True])
def test_two_hundred_strangers_of_one_hash_do_not_crowd_a_friend_out(have_written: bool) -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.befriend(B.public_key)
    for number in range(200):
        stranger = B.public_key[:1] + number.to_bytes(31, "little")
        keyring.add_contact(stranger)
        if have_written:
            keyring.prefer(stranger)

    opened = keyring.open_direct(A.public_key[0], B.public_key[0], between(B, A))

    assert opened is not None
    assert opened.peer == B.public_key


def test_a_friend_is_not_forgotten_for_strangers_without_number(monkeypatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_CONTACTS", 3)
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.add_contact(B.public_key, "Bob")
    keyring.befriend(B.public_key)
    for number in range(10):
        keyring.add_contact(B.public_key[:1] + bytes((number,)) * 31)

    assert len(keyring.contacts) == 3
    assert keyring.label_of(B.public_key) == "Bob"
    assert keyring.open_direct(A.public_key[0], B.public_key[0], between(B, A)) is not None


def test_where_all_are_friends_the_oldest_makes_room(monkeypatch) -> None:
    monkeypatch.setattr(keyrings, "MAX_CONTACTS", 2)
    keyring = Keyring()
    friends = [bytes((0x42, number)) + bytes(30) for number in range(3)]
    for friend in friends:
        keyring.befriend(friend)

    assert [known for known, _ in keyring.contacts] == friends[1:]
    assert keyring.peers_of(0x42) == (friends[1], friends[2])


def test_a_friend_can_be_forgotten_and_our_own_key_is_none() -> None:
    keyring = Keyring()
    keyring.add_own("us", A)
    keyring.befriend(A.public_key)
    keyring.befriend(B.public_key)
    keyring.befriend(B.public_key)

    keyring.remove_contact(B.public_key)

    assert keyring.contacts == ()
    assert keyring.peers_of(B.public_key[0]) == ()
    assert keyring.peers_of(A.public_key[0]) == (A.public_key,)


def test_a_channel_is_called_by_the_name_its_key_is_known_by() -> None:
    ring = Keyring()
    ring.add_channel(channel_key("family", b"k" * 16))

    assert ring.name_for("Fam", b"k" * 16) == "family"
    assert ring.name_for("hill", b"h" * 16) == "hill"


def test_not_even_a_key_whose_first_digits_are_anothers_takes_its_name() -> None:
    ring = Keyring()
    ring.add_channel(channel_key("family", b"k" * 16))
    digits = hashlib.sha256(b"o" * 16).hexdigest()
    ring.add_channel(channel_key(f"family ({digits[:6]})", b"p" * 16))

    assert ring.name_for("family", b"o" * 16) == f"family ({digits})"


def test_another_key_never_takes_a_known_name() -> None:
    ring = Keyring()
    ring.add_channel(channel_key("family", b"k" * 16))

    other = ring.name_for("family", b"x" * 16)

    assert other != "family"
    assert other.startswith("family (")
