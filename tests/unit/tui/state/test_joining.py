"""What names a channel."""

from __future__ import annotations

import base64

import pytest

from meshtui.errors import ConfigError
from meshtui.model.ids import NetworkName
from meshtui.tui.state.joining import invited_to, is_invitation, read_creating, read_joining

JSON, CORE = NetworkName("jsonmesh"), NetworkName("meshcore")
BOTH = [JSON, CORE]
KEY = bytes(range(16))
INVITATION = f"meshcore://channel/add?name=My%20hill&secret={KEY.hex()}"


@pytest.mark.parametrize(
    ("typed", "network", "name"),
    [
        ("#hill", JSON, "hill"),
        ("hill", JSON, "hill"),
        ("#test", CORE, "#test"),
        ("test", CORE, "#test"),
        ("public", CORE, "Public"),
        ("meshcore #test", JSON, "#test"),
        ("MC Public", JSON, "Public"),
        ("json #hill", CORE, "hill"),
        ("meshcore", JSON, "meshcore"),
    ],
)
def test_a_channel_is_named_as_its_network_names_channels(typed, network, name) -> None:
    request = read_joining(typed, network, BOTH)

    assert (request.name, request.secret) == (name, None)


@pytest.mark.parametrize("key", [KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode()])
@pytest.mark.parametrize("typed", ["My hill={}", '"My hill" {}', 'mc "My hill"={}'])
def test_a_key_may_follow_the_name(typed: str, key: str) -> None:
    request = read_joining(typed.format(key), CORE, BOTH)

    assert (request.network, request.name) == (CORE, "My hill")
    assert request.secret is not None
    assert request.secret.reveal == KEY


def test_a_key_of_32_bytes_is_one_too() -> None:
    request = read_joining("hill " + base64.b64encode(KEY * 2).decode(), CORE, BOTH)

    assert request.secret is not None
    assert request.secret.reveal == KEY * 2


def test_an_invitation_names_network_channel_and_key() -> None:
    request = read_joining(INVITATION, JSON, BOTH)

    assert (request.network, request.name) == (CORE, "My hill")
    assert request.secret is not None
    assert request.secret.reveal == KEY


@pytest.mark.parametrize(
    "typed",
    [
        "MeshCore secret2 0011",
        "json fam=0011",
        f"fam {KEY.hex()[:-1]}",
        f"json fam {KEY.hex()[:-1]}",
        f"json fam {KEY.hex()}",
        f"mc {KEY.hex()}",
        f"json {KEY.hex()}",
        f"meshcore {KEY.hex()[:-1]}",
        INVITATION[:-1],
    ],
)
def test_a_key_never_becomes_the_name_of_a_channel_that_all_can_read(typed: str) -> None:
    for network in BOTH:
        for read in (read_joining, read_creating):
            with pytest.raises(ConfigError) as refused:
                read(typed, network, BOTH)

            assert "0011" not in str(refused.value)
            assert KEY.hex()[:8] not in str(refused.value)


@pytest.mark.parametrize("typed", ["fam 0011", "fam 3 hello world", "json fam 0011"])
def test_a_public_channel_is_joined_by_its_name_and_no_further_word(typed: str) -> None:
    for network in BOTH:
        with pytest.raises(ConfigError, match="32 or 64 hex digits"):
            read_joining(typed, network, BOTH)


def test_who_types_the_name_of_a_channel_we_know_means_that_one() -> None:
    assert read_joining("fam", CORE, BOTH, known={"fam"}).name == "fam"
    assert read_joining("#fam", CORE, BOTH, known={"fam"}).name == "#fam"
    assert read_joining("fam", CORE, BOTH, known={"#fam"}).name == "#fam"


def test_a_channel_is_created_with_words_that_describe_it() -> None:
    request = read_creating("#hill the high one", JSON, BOTH)

    assert (request.network, request.name, request.announce) == (JSON, "hill", True)
    assert request.description == "the high one"
    assert read_creating('json "hill people"', CORE, BOTH).name == "hill people"


def test_on_meshcore_nothing_is_announced_so_creating_is_joining() -> None:
    request = read_creating(f"fam {KEY.hex()}", CORE, BOTH)

    assert (request.network, request.name, request.announce) == (CORE, "fam", False)
    assert request.secret is not None
    assert read_creating("hill", CORE, BOTH).name == "#hill"


@pytest.mark.parametrize("typed", ["", "#", "#" + "x" * 65])
def test_what_names_no_channel_is_refused(typed: str) -> None:
    for network in BOTH:
        with pytest.raises(ConfigError, match="Name a channel"):
            read_joining(typed, network, BOTH)


def test_a_network_that_is_not_set_up_is_refused() -> None:
    with pytest.raises(ConfigError, match="MeshCore is not set up"):
        read_joining(INVITATION, JSON, [JSON])


@pytest.mark.parametrize("typed", ["hello", INVITATION + " look", "see " + INVITATION, ""])
def test_only_an_invitation_alone_is_one(typed: str) -> None:
    assert not is_invitation(typed)
    assert is_invitation(INVITATION)


def test_a_broken_invitation_names_nothing() -> None:
    assert invited_to(INVITATION) == "My hill"
    assert not invited_to("meshcore://channel/add?x=1")
    assert not invited_to("meshcore://channel/add?[")
