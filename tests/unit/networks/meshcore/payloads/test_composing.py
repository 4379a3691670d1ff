"""What we compose ourselves fits the format and reads back; what does not fit is refused."""

from __future__ import annotations

import pytest

from meshtui.errors import DecodeError, EncodeError
from meshtui.networks.meshcore.payloads import (
    anon_request,
    control,
    group_data,
    group_text,
    multipart,
    path,
    request,
    response,
    text,
    trace,
    utf8,
)
from meshtui.networks.meshcore.payloads.advert import (
    Advert,
    AppData,
    appdata,
    encode_advert,
    encode_appdata,
    sign_advert,
)
from meshtui.networks.meshcore.payloads.envelope import Envelope, encode_envelope
from meshtui.networks.meshcore.payloads.group import GroupEnvelope, decode_group, encode_group
from tests.support.meshcore_vectors import key

BIG = 1 << 32


def test_a_text_is_cut_between_characters_and_before_a_nul() -> None:
    assert utf8.cut("grüß", 4) == "grü".encode()
    assert utf8.cut("grüß", 5) == "grü".encode()
    assert utf8.cut("📡", 3) == b""
    assert utf8.cut("ab\0cd", 9) == b"ab"
    assert utf8.cut("\ud800", 9) == b"?"


def test_half_a_character_at_the_end_is_left_away_and_others_are_shown_as_wrong() -> None:
    assert utf8.text_of("grü".encode()[:-1]) == "gr"
    assert utf8.text_of(b"a\xffb") == "a\ufffdb"
    assert utf8.is_text("grü".encode()[:-1])
    assert not utf8.is_text(b"a\xffb")


@pytest.mark.parametrize("attempt", [0, 3, 4, 5, 255])
def test_a_text_of_any_attempt_reads_back(attempt) -> None:
    body = text.text_body(7, b"hello", attempt)

    read = text.decode_text(text.encode_text(body))

    assert read == body
    assert read.tries == attempt


def test_an_attempt_that_is_hidden_leaves_two_bytes_fewer_for_the_text() -> None:
    assert len(text.encode_text(text.text_body(7, b"x" * 160, 3))) == 165
    assert len(text.encode_text(text.text_body(7, b"x" * 158, 4))) == 165
    with pytest.raises(EncodeError):
        text.encode_text(text.text_body(7, b"x" * 159, 4))


@pytest.mark.parametrize(
    "body",
    [
        text.TextBody(BIG, b""),
        text.TextBody(1, b"", 64),
        text.TextBody(1, b"", 0, 4),
        text.TextBody(1, b"", 2),
        text.TextBody(1, b"", 0, 0, b"abcd"),
        text.TextBody(1, b"", 2, 0, b"abc"),
        text.TextBody(1, b"x" * 161),
        text.TextBody(1, b"a\0b"),
        text.TextBody(1, b"a", extended_attempt=256),
        text.TextBody(1, b"a", extended_attempt=0),
    ],
)
def test_a_text_that_does_not_fit_is_refused(body) -> None:
    with pytest.raises(EncodeError):
        text.encode_text(body)


def test_a_command_is_not_acknowledged_and_a_rooms_text_by_the_key_of_who_has_it() -> None:
    command = text.TextBody(1, b"ver", text.TextType.COMMAND)
    posted = text.TextBody(1, b"hello", text.TextType.SIGNED, 0, b"abcd")

    assert text.ack_between(command, b"sender", b"recipient") is None
    assert text.ack_between(posted, b"sender", b"recipient") == text.ack_of(posted, b"recipient")
    assert not text.is_plausible_text(b"abc")


def test_a_channel_text_names_its_sender_and_is_cut_at_160_bytes() -> None:
    body = group_text.group_text(7, "Zürich", "ü" * 100)

    assert len(body.text_bytes) <= 160
    assert (body.sender, set(body.message)) == ("Zürich", {"ü"})
    assert group_text.decode_group_text(group_text.encode_group_text(body)) == body


def test_a_channel_text_without_a_name_is_all_message() -> None:
    body = group_text.GroupTextBody(1, 0, b"hello")

    assert (body.sender, body.message) == ("", "hello")
    with pytest.raises(DecodeError):
        group_text.decode_group_text(b"1234")
    assert not group_text.is_plausible_group_text(b"1234")


@pytest.mark.parametrize(
    "body",
    [
        group_text.GroupTextBody(BIG, 0, b""),
        group_text.GroupTextBody(1, 256, b""),
        group_text.GroupTextBody(1, 0, b"x" * 161),
        group_text.GroupTextBody(1, 0, b"a\0"),
    ],
)
def test_a_channel_text_that_does_not_fit_is_refused(body) -> None:
    with pytest.raises(EncodeError):
        group_text.encode_group_text(body)


def test_channel_data_that_do_not_fit_are_refused_and_lies_are_seen_through() -> None:
    for body in (
        group_data.GroupDataBody(65536, b""),
        group_data.GroupDataBody(1, bytes(166)),
    ):
        with pytest.raises(EncodeError):
            group_data.encode_group_data(body)
    for plaintext in (b"\1", b"\1\0\5abc"):
        with pytest.raises(DecodeError):
            group_data.decode_group_data(plaintext)
    assert not group_data.is_plausible_group_data(b"\1")
    assert not group_data.is_plausible_group_data(bytes(16))
    assert not group_data.is_plausible_group_data(b"\1\0\1ab" + bytes(11))


@pytest.mark.parametrize(
    ("data_type", "owner"),
    [
        (0, "reserved"),
        (0xFF, "internal"),
        (0x0100, "MeshCore Open"),
        (0x0115, "Ripple"),
        (0x0120, "MCO Advanced"),
        (0x013F, "StreamSensor"),
        (0x0200, "registered"),
        (0xFFFF, "development"),
    ],
)
def test_a_data_type_says_whose_it_is(data_type, owner) -> None:
    assert group_data.owner_of_data_type(data_type) == owner


def test_an_advert_without_a_name_or_with_features_reads_back() -> None:
    assert appdata(3).flags == 3
    assert encode_appdata(AppData(None)) == b""
    features = AppData(0x61, feature_1=1, feature_2=2)
    assert len(encode_appdata(features)) == 5
    with pytest.raises(DecodeError):
        _ = encode_appdata(AppData(0x61, feature_1=1))


@pytest.mark.parametrize(
    "data", [AppData(0x01, name_bytes=b"x"), AppData(0x81, name_bytes=b"x" * 32)]
)
def test_appdata_that_do_not_match_their_flags_are_refused(data) -> None:
    with pytest.raises(EncodeError):
        encode_appdata(data)


@pytest.mark.parametrize(
    "advert",
    [
        Advert(bytes(31), 0, bytes(64), b""),
        Advert(bytes(32), 0, bytes(63), b""),
        Advert(bytes(32), BIG, bytes(64), b""),
    ],
)
def test_an_advert_that_does_not_fit_is_refused(advert) -> None:
    with pytest.raises(EncodeError):
        encode_advert(advert)


def test_an_advert_of_a_time_that_does_not_fit_is_not_signed() -> None:
    with pytest.raises(EncodeError):
        sign_advert(key("A"), -1, appdata(1, "A"))


def test_a_hash_that_is_not_one_byte_is_refused() -> None:
    with pytest.raises(EncodeError):
        encode_envelope(Envelope(256, 0, b""))
    with pytest.raises(EncodeError):
        encode_group(GroupEnvelope(-1, b""))
    with pytest.raises(EncodeError):
        anon_request.encode_anon_request(anon_request.AnonRequest(1, bytes(31), b""))
    group = decode_group(bytes(19))
    assert (group.mac, group.ciphertext) == (bytes(2), bytes(16))
    assert Envelope(1, 2, b"mmccc").ciphertext == b"ccc"


def test_a_path_carries_an_ack_or_a_response_or_nothing() -> None:
    with_ack = path.PathBody(1, b"\xed", 0xF3, b"abcdxx")
    with_answer = path.PathBody(0, b"", 1, b"answer")
    bare = path.PathBody(0, b"", 0xFF, b"rand")

    assert (with_ack.ack, with_ack.response) == (b"abcd", None)
    assert (with_answer.ack, with_answer.response) == (None, b"answer")
    assert (bare.ack, bare.response) == (None, None)
    assert path.is_plausible_path(path.encode_path(bare))
    assert not path.is_plausible_path(b"\x00\x05")


@pytest.mark.parametrize(
    ("plaintext", "reason"), [(b"", "short"), (b"\xc0", "bad-path-len"), (b"\x02ab", "short-path")]
)
def test_a_returned_path_that_lies_is_refused(plaintext, reason) -> None:
    with pytest.raises(DecodeError, match=reason):
        path.decode_path(plaintext)


@pytest.mark.parametrize("body", [path.PathBody(1, b""), path.PathBody(0, b"", 256)])
def test_a_returned_path_that_does_not_fit_is_refused(body) -> None:
    with pytest.raises(EncodeError):
        path.encode_path(body)


def test_a_part_that_does_not_fit_is_refused() -> None:
    assert multipart.Multipart(0, 5, b"x").ack is None
    assert multipart.Multipart(0, 3, b"abcd").ack is not None
    for data in (b"", b"\x13abc"):
        with pytest.raises(DecodeError):
            multipart.decode_multipart(data)
    for part in (multipart.Multipart(16, 3, b"abcd"), multipart.Multipart(0, 3, b"abc")):
        with pytest.raises(EncodeError):
            multipart.encode_multipart(part)


def test_the_hops_of_a_trace_are_of_the_size_its_flags_say() -> None:
    body = trace.Trace(1, 2, 1, b"\xed\x49\xca\x93")

    assert (body.hash_size, body.hop_count, body.hop(1), body.hop(2)) == (2, 2, b"\xca\x93", b"")
    with pytest.raises(DecodeError, match="ragged"):
        trace.decode_trace(bytes(8) + b"\x01abc")
    for bad in (
        trace.Trace(BIG, 0, 0, b""),
        trace.Trace(0, 0, 256, b""),
        trace.Trace(0, 0, 1, b"a"),
    ):
        with pytest.raises(EncodeError):
            trace.encode_trace(bad)


def test_a_question_who_is_there_and_its_answers_read_back() -> None:
    question = control.DiscoverRequest(4, 99, 1_767_225_600, wants_prefix=True)
    full = control.DiscoverResponse(2, -13, 99, bytes(range(32)))
    short = control.DiscoverResponse(2, -13, 99, bytes(range(8)))

    for body, read in (
        (question, control.discover_request_of),
        (full, control.discover_response_of),
        (short, control.discover_response_of),
    ):
        sent = control.encode_control(control.control_of(body))
        assert read(control.decode_control(sent)) == body
    other = control.Control(5, 0, b"")
    assert control.discover_request_of(other) is None
    assert control.discover_response_of(other) is None
    assert control.discover_response_of(control.Control(9, 0, b"")) is None


def test_a_control_packet_that_is_cut_off_or_does_not_fit_is_refused() -> None:
    for data in (b"", b"\x80\x04", b"\x92" + bytes(12)):
        with pytest.raises(DecodeError):
            control.decode_control(data)
    with pytest.raises(EncodeError):
        control.encode_control(control.Control(16, 0, b""))


def test_the_requests_that_we_send_read_as_the_firmware_writes_them() -> None:
    wanted = request.NeighboursRequest(10, 300, request.NeighbourOrder.STRONGEST, 4)
    neighbours = request.neighbours_request(5, wanted, b"rand")

    assert request.encode_request(request.telemetry_request(1, b"rand", 3))[4:] == (
        b"\3\xfc\0\0\0rand"
    )
    # no question about neighbours is at hand from the firmware: this one is the page's wording
    assert request.encode_request(neighbours)[4:] == b"\6\0\x0a\x2c\x01\2\4rand"
    assert request.neighbours_request_of(neighbours) == wanted
    assert request.neighbours_request_of(request.telemetry_request(1, b"rand")) is None
    newer = request.RequestBody(1, 6, b"\1" + neighbours.parameters[1:])
    assert request.neighbours_request_of(newer) is None


def test_a_keep_alive_is_acknowledged_over_nine_bytes_and_the_askers_key() -> None:
    body = request.keep_alive_request(1, 2)
    hashed = request.encode_request(body)

    ack = request.keep_alive_ack(body, b"key")

    assert len(hashed) == 9
    assert ack == text.hashlib.sha256(hashed + b"key").digest()[:4]


@pytest.mark.parametrize("wanted", [(256, 0, 0, 4), (1, 65536, 0, 4), (1, 0, 0, 256)])
def test_a_question_for_neighbours_that_does_not_fit_is_refused(wanted) -> None:
    with pytest.raises(EncodeError):
        request.neighbours_request(1, request.NeighboursRequest(*wanted), b"")


def test_a_request_or_answer_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EncodeError):
        request.encode_request(request.RequestBody(BIG, 1))
    with pytest.raises(EncodeError):
        response.encode_response(response.ResponseBody(BIG, b""))
    with pytest.raises(DecodeError):
        request.decode_request(b"1234")
    with pytest.raises(DecodeError):
        response.decode_response(b"123")


def test_a_login_answer_reads_back() -> None:
    answer = response.LoginAnswer(0, 1, 3, b"rand", 2)

    data = response.encode_login(answer)

    assert data == b"\0\0\1\3rand\2"
    assert response.decode_login(data) == answer
    with pytest.raises(DecodeError):
        response.decode_login(data[:8])


def test_a_login_is_told_from_a_question_by_its_fifth_byte() -> None:
    login = anon_request.login_body(1, b"secret")
    blank = anon_request.login_body(1, b"")
    room = anon_request.room_login_body(1, 99, b"secret")
    query = anon_request.query_body(1, anon_request.QueryKind.OWNER, 1, b"\xed")

    assert (login.password, login.query) == (b"secret", None)
    assert (blank.password, blank.query) == (b"", None)
    assert room.room_login == (99, b"secret")
    assert (query.password, query.query) == (None, (2, 1, b"\xed"))
    assert anon_request.AnonBody(1, b"\2\1").query is None
    assert anon_request.AnonBody(1, b"\2\xff").query is None
    assert anon_request.AnonBody(1, b"\2").query is None


def test_an_anonymous_request_that_does_not_fit_is_refused() -> None:
    for compose in (
        lambda: anon_request.login_body(1, b"x" * 16),
        lambda: anon_request.login_body(1, b"a\0b"),
        lambda: anon_request.room_login_body(1, BIG, b""),
        lambda: anon_request.query_body(1, 1, 2, b"\xed"),
        lambda: anon_request.encode_anon_body(anon_request.AnonBody(BIG, b"")),
    ):
        with pytest.raises(EncodeError):
            compose()
    with pytest.raises(DecodeError):
        anon_request.decode_anon_body(b"123")
    sealed = anon_request.AnonRequest(1, bytes(32), b"mmccc")
    assert (sealed.mac, sealed.ciphertext) == (b"mm", b"ccc")


def test_the_answer_to_a_question_is_a_clock_and_a_text_or_features() -> None:
    owner = anon_request.QueryAnswer(99, b"Ann\0\0")
    clock = anon_request.QueryAnswer(99, b"\x80")

    assert (owner.text, clock.features) == ("Ann", 0x80)
    assert anon_request.QueryAnswer(99, b"").features == 0
    data = anon_request.encode_query_answer(owner)
    assert anon_request.decode_query_answer(data) == owner
    with pytest.raises(DecodeError):
        anon_request.decode_query_answer(b"123")
