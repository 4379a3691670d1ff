"""Laws of what a person types to name a channel: no key ever becomes a name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import ConfigError, DecodeError
from meshtui.model.typed_channel import (
    MAX_NAME,
    TypedChannel,
    may_be_key,
    read_channel,
    read_invitation,
    read_key,
    split_name,
)

KEY = bytes(range(16))
HEX = KEY.hex()
BASE64 = base64.b64encode(KEY).decode()
INVITATION = f"meshcore://channel/add?name=My%20hill&secret={HEX}"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("hill", "hill"),
        (" #hill ", "#hill"),
        ('"hill people"', "hill people"),
        ('#"hill people"', "#hill people"),
        ('"a=b"', "a=b"),
        (f'"{HEX}"', HEX),
        ('"http://x"', "http://x"),
        ("x" * MAX_NAME, "x" * MAX_NAME),
    ],
)
def test_one_word_is_a_name_and_so_is_anything_in_quotes(typed: str, name: str) -> None:
    assert read_channel(typed) == TypedChannel(name)


@pytest.mark.parametrize("key", [HEX, HEX.upper(), BASE64, "00010203 04050607 08090a0b 0c0d0e0f"])
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("fam {}", "fam"),
        ("#fam  {}", "#fam"),
        ("fam={}", "fam"),
        ("fam = {}", "fam"),
        ("My hill={}", "My hill"),
        ('"My hill" {}', "My hill"),
        ('"a=b"={}', "a=b"),
    ],
)
def test_a_key_follows_the_name(typed: str, name: str, key: str) -> None:
    channel = read_channel(typed.format(key))

    assert channel.name == name
    assert channel.secret is not None
    assert channel.secret.reveal == KEY


def test_a_key_has_16_bytes_or_32() -> None:
    for size in (16, 32):
        key = read_key(base64.b64encode(bytes(size)).decode())

        assert key is not None
        assert key == read_key("00" * size)
        assert len(key.reveal) == size


MISTYPED = [
    "fam=",
    "fam=0011",
    "fam= 0011",
    "fam=@zz",
    f"fam={HEX[:-1]}",
    f"fam={HEX}0",
    f"fam={HEX[:-1]}g",
    f"fam={BASE64[:-1]}",
    f"a=b={HEX}",
    f"a=b {HEX}",
    "fam 0011",
    "secret2 0011",
    "fam 3 hello world",
    f"My hill {HEX}",
    f"fam {HEX[:-1]}",
    f"fam {HEX} {HEX[:-1]}",
    f"fam {BASE64[:-1]}",
    f"fam {HEX}={HEX}",
    f'"fam" {HEX[:-1]}',
    '"fam" is ours',
    f'"fam {HEX}',
    f"{HEX}",
    f"#{HEX}",
    f"{HEX[:-1]}",
    f"fam:{HEX}",
    BASE64,
    f"={HEX}",
    f"meshcore://channel/add?name=Fam&secret={HEX[:-1]}",
    f"meshcore://channel/add?name=Fam&secret={HEX} look",
    f"meshcore://channel/ad?name=Fam&secret={HEX}",
    f'meshcore://channel/add?name="Fam"&secret={HEX}',
    "meshcore://channel/add?name=Fam&secret=00",
]


@pytest.mark.parametrize("typed", MISTYPED)
def test_a_key_gone_wrong_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_channel(typed)

    said = str(refused.value)
    assert "0011" not in said
    assert HEX[:8] not in said
    assert BASE64[:8] not in said


@pytest.mark.parametrize("typed", [each for each in MISTYPED if each.startswith("fam=")])
def test_behind_an_equals_sign_a_person_is_told_what_a_key_looks_like(typed: str) -> None:
    with pytest.raises(ConfigError, match="A key has 32 or 64 hex digits"):
        read_channel(typed)


@pytest.mark.parametrize("typed", ["", " ", "#", '""', "x" * (MAX_NAME + 1), f"={HEX}"])
def test_a_channel_has_a_name(typed: str) -> None:
    with pytest.raises(ConfigError, match="Name a channel of 1 to 64 letters"):
        read_channel(typed)


@pytest.mark.parametrize(
    "text",
    [
        "look: b4f2-1c15fb7742eff#553a7161c544ff8",
        "fam:b4f2-1c15fb7742eff#553a7161c544ff8",
        "fam,uFu4gvWn8ntnshN8PQLWwQ",
        "is uFu4gvWn8ntnshN8PQLWwQ ==",
        "is uFu4gvWn8 ntnshN8PQLWwQ==",
        "OQ1CfKJ5AC5SYJ69tpZJdIXSJMe2u6ZCCcyEMiAxBA",
    ],
)
def test_a_long_jumble_may_be_a_key_that_lost_a_few_signs(text: str) -> None:
    assert may_be_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "the high one",
        "Karlsruhe-Stadtwerke-2024",
        "Donaudampfschifffahrtsgesellschaft",
        "https://example.org/Wiki/Treffen2024Karlsruhe",
        "868 MHz, 250 kHz, SF 11",
        "deadbeef",
    ],
)
def test_what_people_say_of_a_channel_is_no_key(text: str) -> None:
    assert not may_be_key(text)


@given(st.text(alphabet='abcf019 =#"@:/+', max_size=40))
def test_without_quotes_nothing_but_one_word_is_a_name_without_a_key(typed: str) -> None:
    try:
        channel = read_channel(typed)
    except ConfigError:
        return

    if channel.secret is None and '"' not in typed:
        assert channel.name == typed.strip()
        assert not set(channel.name) & set(" =")
        assert not may_be_key(channel.name)


def test_where_a_shell_took_words_apart_blanks_belong_to_the_name() -> None:
    assert read_channel("hill people", is_one_name=True) == TypedChannel("hill people")
    for typed in ("fam=0011", f"fam {HEX[:-1]}", HEX):
        with pytest.raises(ConfigError):
            read_channel(typed, is_one_name=True)


@pytest.mark.parametrize(
    ("typed", "split"),
    [
        ("#hill the high one", ("#hill", "the high one")),
        ('"hill people" on top', ("hill people", "on top")),
        ("hill=x", ("hill", "=x")),
    ],
)
def test_what_follows_a_name_is_split_off(typed: str, split: tuple[str, str]) -> None:
    assert split_name(typed) == split


def test_an_invitation_has_name_key_and_region() -> None:
    read = read_channel(f"{INVITATION}&region_scope=%23alps")

    assert (read.name, read.region, read.is_invitation) == ("My hill", "#alps", True)
    assert read.secret is not None
    assert read.secret.reveal == KEY
    assert read_channel(INVITATION.replace("meshcore", "MeshCore")).secret == read.secret


@pytest.mark.parametrize("text", ["meshcore://[", "meshcore://channel/add?" + "a=1&" * 40])
def test_what_cannot_be_read_as_a_link_is_no_invitation(text: str) -> None:
    with pytest.raises(DecodeError, match="bad-invitation"):
        read_invitation(text)


def test_a_typed_channel_does_not_show_its_key() -> None:
    assert HEX not in repr(read_channel(INVITATION))
