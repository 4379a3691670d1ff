"""Laws of the MeshCore codec: nothing but a refusal is raised, and what is written reads back."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.packet import (
    Packet,
    decode_packet,
    encode_packet,
    packet_hash,
    path_bytes_of,
)
from meshtui.networks.meshcore.payloads import control, group_data, group_text, path, text, trace
from meshtui.networks.meshcore.payloads.advert import AppData, decode_appdata, encode_appdata
from meshtui.networks.meshcore.payloads.utf8 import cut, is_text, text_of
from meshtui.networks.meshcore.seal import Cipher
from tests.support.meshcore_reading import outcome_of
from tests.support.meshcore_vectors import everybody, raw_packets

KEYS = everybody()
U32 = st.integers(0, 0xFFFFFFFF)
BYTE = st.integers(0, 255)
WORDS = st.binary(max_size=150).map(lambda data: data.replace(b"\0", b"x"))
LENGTHS = st.sampled_from([value for value in range(256) if path_bytes_of(value) is not None])


@st.composite
def written_packets(draw) -> Packet:
    """A packet as we could send it."""
    route = draw(st.integers(0, 3))
    path_len = draw(LENGTHS)
    total = path_bytes_of(path_len)
    codes = (
        draw(st.tuples(st.integers(0, 65535), st.integers(0, 65535))) if route in {0, 3} else None
    )
    return Packet(
        route,
        draw(st.integers(0, 15)),
        path_len,
        draw(st.binary(min_size=total, max_size=total)),
        draw(st.binary(max_size=184)),
        codes,
    )


@st.composite
def nearly_valid(draw) -> bytes:
    """A packet of the firmware with some bytes changed, cut or added."""
    data = bytearray(draw(st.sampled_from(raw_packets())))
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(BYTE)
    end = draw(st.integers(0, len(data)))
    return bytes(data[:end]) + draw(st.binary(max_size=20))


@settings(max_examples=1500)
@given(st.binary(max_size=260) | nearly_valid())
def test_no_bytes_raise_more_than_a_refusal_with_a_place(data) -> None:
    assert outcome_of(data, KEYS)


@settings(max_examples=500)
@given(written_packets())
def test_a_packet_that_is_written_reads_back(packet) -> None:
    data = encode_packet(packet)

    assert decode_packet(data) == packet
    assert len(packet_hash(packet)) == 8


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=170))
def test_what_is_sealed_opens_and_nothing_else_does(secret, plaintext) -> None:
    cipher = Cipher(secret)
    sealed = cipher.seal(plaintext)

    opened = cipher.open(sealed)

    assert opened is not None
    assert opened.startswith(plaintext)
    assert not any(opened[len(plaintext) :])
    assert cipher.open(bytes((sealed[0] ^ 1,)) + sealed[1:]) is None


@given(U32, WORDS, BYTE, st.sampled_from([0, 1, 2]), st.binary(min_size=4, max_size=4))
def test_a_text_that_is_written_reads_back_padded_or_not(
    when, words, attempt, kind, prefix
) -> None:
    hidden = attempt if attempt > 3 else None
    body = text.TextBody(when, words, kind, attempt & 3, prefix if kind == 2 else b"", hidden)

    data = text.encode_text(body)

    assert text.decode_text(data) == text.decode_text(data + bytes(16)) == body


@given(U32, st.integers(0, 3), WORDS)
def test_a_channel_text_that_is_written_reads_back_padded_or_not(when, flags, words) -> None:
    body = group_text.GroupTextBody(when, flags, words)

    data = group_text.encode_group_text(body)

    assert group_text.decode_group_text(data + bytes(9)) == body
    assert group_text.is_plausible_group_text(data + bytes(9)) is is_text(words)


@given(st.integers(1, 65535), st.binary(max_size=165))
def test_channel_data_that_are_written_read_back(data_type, data) -> None:
    body = group_data.GroupDataBody(data_type, data)
    plain = group_data.encode_group_data(body)

    assert group_data.decode_group_data(plain + bytes(-len(plain) % 16)) == body
    assert group_data.is_plausible_group_data(plain + bytes(-len(plain) % 16))


@given(LENGTHS, BYTE, st.binary(max_size=60), st.data())
def test_a_returned_path_that_is_written_reads_back(path_len, extra_type, extra, data) -> None:
    total = path_bytes_of(path_len)
    hops = data.draw(st.binary(min_size=total, max_size=total))
    body = path.PathBody(path_len, hops, extra_type, extra)

    assert path.decode_path(path.encode_path(body)) == body


@given(U32, U32, BYTE, st.integers(0, 20), st.data())
def test_a_trace_that_is_written_reads_back(tag, auth, flags, hops, data) -> None:
    total = hops << (flags & 3)
    body = trace.Trace(tag, auth, flags, data.draw(st.binary(min_size=total, max_size=total)))

    assert trace.decode_trace(trace.encode_trace(body)) == body
    assert body.hop_count == hops


@given(BYTE, U32, st.none() | U32, st.booleans())
def test_a_question_who_is_there_reads_back(kinds, tag, since, wants_prefix) -> None:
    body = control.DiscoverRequest(kinds, tag, since, wants_prefix)

    assert control.discover_request_of(control.control_of(body)) == body


@given(st.binary(max_size=40))
def test_what_an_advert_says_reads_back_or_is_refused(data) -> None:
    try:
        said = decode_appdata(data)
    except DecodeError as error:
        assume(error.reason == "short")
        return
    if said.flags is None or said.flags & 0x80:
        assert encode_appdata(said) == data[:32]
    else:
        assert data[:32].startswith(encode_appdata(said))


@given(st.text(max_size=60), st.integers(0, 60))
def test_a_text_that_was_cut_is_a_beginning_of_it(words, limit) -> None:
    data = cut(words, limit)

    assert len(data) <= limit
    assert is_text(data)
    assert words.encode("utf-8", "replace").decode().startswith(text_of(data))


@given(st.integers(-5, 300), st.integers(-5, 20), st.binary(max_size=200), st.binary(max_size=200))
def test_no_packet_of_ours_is_written_that_could_not_be_read(route, kind, hops, payload) -> None:
    packet = Packet(route, kind, len(hops), hops, payload)

    try:
        data = encode_packet(packet)
    except EncodeError:
        return
    assert decode_packet(data) == packet


def test_appdata_without_flags_is_nothing() -> None:
    assert decode_appdata(b"") == AppData(None)
