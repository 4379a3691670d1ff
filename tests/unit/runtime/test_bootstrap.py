"""Laws of the composition root: settings become a running mesh, or an error that names them."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from meshtui.config.settings import parse_config
from meshtui.crypto.keys import Identity
from meshtui.errors import ConfigError, LocalProtocolError, StoreError
from meshtui.model.command import JoinChannel, SendText
from meshtui.model.ids import MessageId, NetworkName, channel_conversation
from meshtui.model.message import DeliveryState
from meshtui.runtime.bootstrap import configured_links, first_cause, identify, open_mesh

if TYPE_CHECKING:
    from pathlib import Path

ME = Identity(bytes(range(64)))
NET = NetworkName("jsonmesh")


def config_of(tmp_path: Path, text: str = "", **overrides: object):
    return parse_config(tmp_path / "config.toml", text, overrides=overrides)


async def test_a_mesh_without_links_keeps_what_is_written(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "meshtui.db"
    conversation = channel_conversation(NET, "paris")
    async with open_mesh(config_of(tmp_path, 'name = "Anna"'), database, ME) as hub:
        assert hub.myself()[0].node_id == identify(ME).node_id
        assert hub.myself()[0].name == "Anna"
        await hub.submit(JoinChannel(NET, "paris"))
        await hub.submit(SendText(conversation, "later", MessageId("m")))

    async with open_mesh(config_of(tmp_path), database, ME) as hub:
        [message] = await hub.history(conversation)
        [channel] = await hub.channels()

    assert (message.text, channel.name, channel.is_joined) == ("later", "paris", True)


async def test_a_message_that_waited_a_week_has_failed_before_anything_is_shown(
    tmp_path: Path,
) -> None:
    database = tmp_path / "meshtui.db"
    conversation = channel_conversation(NET, "paris")
    async with open_mesh(config_of(tmp_path), database, ME) as hub:
        await hub.submit(JoinChannel(NET, "paris"))
        await hub.submit(SendText(conversation, "later", MessageId("m")))
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE message SET received_at_ms = 1")
        connection.commit()

    async with open_mesh(config_of(tmp_path), database, ME) as hub:
        [message] = await hub.history(conversation)

    assert message.delivery is not None
    assert message.delivery.state is DeliveryState.FAILED


async def test_what_goes_wrong_inside_comes_out_as_itself(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError):
        async with open_mesh(config_of(tmp_path), None, ME) as hub:
            await hub.submit(SendText(channel_conversation(NET, ""), "x", MessageId("m")))


async def test_a_profile_is_opened_once(tmp_path: Path) -> None:
    database = tmp_path / "meshtui.db"
    async with open_mesh(config_of(tmp_path), database, ME):
        with pytest.raises(StoreError, match="in use by process"):
            async with open_mesh(config_of(tmp_path), database, ME):
                pass


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonet+mqtt://host", "unknown network 'nonet'"),
        ("jsonmesh+smoke://host", "unknown transport 'smoke'"),
        ("jsonmesh+mqtt://host?nope=1", "unknown option"),
        ("jsonmesh+mqtt://host?keepalive=x", "keepalive='x': a number from 5 to 1200"),
        ("jsonmesh+serial:///dev/ttyUSB0?sf=99", "sf=99: a whole number from 5 to 12"),
        ("jsonmesh+serial:///dev/ttyUSB0?baud=x", "baud=x: a number from 300 to 4000000"),
        ("jsonmesh+serial://ttyUSB0", "a device begins after three slashes"),
        ("jsonmesh+tcp://host", "write host and port"),
        ("jsonmesh+sim://nowhere", "no scenario called 'nowhere'"),
        ("jsonmesh+loopback:///x", "the name is missing"),
    ],
)
def test_a_wrong_link_names_where_it_stands(url: str, said: str, tmp_path: Path) -> None:
    text = f'links = ["{url}"]'

    with pytest.raises(ConfigError, match=r"config\.toml: links: ") as caught:
        configured_links(config_of(tmp_path, text))

    assert said in str(caught.value)


def test_links_are_shown_without_their_passwords(tmp_path: Path) -> None:
    text = 'links = ["jsonmesh+mqtt://me:secret@host:1"]'

    [(info, spec, _)] = configured_links(config_of(tmp_path, text))

    assert (info.url, info.link_id) == ("jsonmesh+mqtt://me@host:1", "host")
    assert spec.password == "secret"
    assert "secret" not in repr((info, spec))


def test_the_first_of_a_group_is_the_cause() -> None:
    cause = ValueError("x")

    assert first_cause(cause) is cause
    assert first_cause(ExceptionGroup("", [ExceptionGroup("", [cause]), TypeError()])) is cause


def with_key_file(tmp_path: Path, path: Path):
    text = f'links = ["meshcore+kiss://127.0.0.1:9"]\n[meshcore]\nprivate_key_file = "{path}"\n'
    return config_of(tmp_path, text)


async def test_an_imported_key_is_who_we_are_on_a_modem(tmp_path: Path) -> None:
    path = tmp_path / "mc.key"
    path.write_text("01" * 32 + "\n")
    path.chmod(0o600)

    async with open_mesh(with_key_file(tmp_path, path), None, ME, opens_links=False) as hub:
        node_id = hub.myself()[0].node_id

    assert node_id == "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        ("01" * 32, 0o644, "chmod 600"),
        ("01" * 31, 0o600, "64 or 128 hex digits"),
        ("secret-that-is-none", 0o600, "64 or 128 hex digits"),
        (None, 0o600, "No such file"),
    ],
)
async def test_a_key_file_that_will_not_do_is_told_without_its_content(
    tmp_path: Path, content: str | None, mode: int, complaint: str
) -> None:
    path = tmp_path / "mc.key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)

    with pytest.raises(ConfigError, match=complaint) as error:
        async with open_mesh(with_key_file(tmp_path, path), None, ME, opens_links=False):
            pass

    assert "private_key_file" in str(error.value)
    assert content is None or content not in str(error.value)
