"""Passwords in what a key of ours opens: kept out of what is shown, whole otherwise."""

from __future__ import annotations

import pytest

from meshtui.networks.meshcore.hidden import known_query, sets_secret, without_secrets
from meshtui.networks.meshcore.packet import PayloadType
from meshtui.networks.meshcore.payloads.text import TextBody, TextType, encode_text

ANON = PayloadType.ANON_REQ
TEXT = PayloadType.TXT_MSG
TIME = (1_800_000_000).to_bytes(4, "little")


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


@pytest.mark.parametrize(
    "since", [b"", bytes(4), b"\x01\x00\x00\x00", b"\x1f\x00\x00\x00", b"\x80\x02\x03\x04"]
)
def test_a_login_hides_its_password_whatever_stands_before_it(since: bytes) -> None:
    plaintext = padded(TIME + since + b"hunter2")

    shown = without_secrets(ANON, plaintext)

    assert b"hunter2" not in shown
    assert shown[:4] == TIME
    assert len(shown) == len(plaintext)


def test_a_strangers_question_is_shown_but_for_what_may_be_a_rooms_password() -> None:
    plaintext = padded(TIME + b"\x01\x02\xaa\xbb" + b"rand")

    assert known_query(plaintext) == (1, 2, b"\xaa\xbb")
    assert without_secrets(ANON, plaintext)[:8] == plaintext[:8]


@pytest.mark.parametrize(
    "line",
    [
        "password hunter2",
        "set guest.password hunter2",
        "set prv.key abcd",
        "a1|set bridge.secret hunter2",
        "SET WIFI.PWD hunter2",
    ],
)
def test_a_command_line_that_sets_a_secret_is_hidden(line: str) -> None:
    plaintext = padded(encode_text(TextBody(5, line.encode(), TextType.COMMAND)))

    shown = without_secrets(TEXT, plaintext)

    assert sets_secret(line.encode())
    assert line.rsplit(maxsplit=1)[-1].encode() not in shown
    assert len(shown) == len(plaintext)


def test_what_holds_no_secret_is_shown_as_it_is() -> None:
    plain = padded(encode_text(TextBody(5, b"my password is long", TextType.PLAIN)))
    command = padded(encode_text(TextBody(5, b"ver", TextType.COMMAND)))

    assert without_secrets(TEXT, plain) == plain
    assert without_secrets(TEXT, command) == command
    assert without_secrets(PayloadType.REQ, b"password") == b"password"
