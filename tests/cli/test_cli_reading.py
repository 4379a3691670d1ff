"""The commands that read the store: golden rows and lines."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from meshtui.cli.main import main
from meshtui.cli.output import cell_width
from meshtui.model.event import (
    ChannelChanged,
    DeliveryChanged,
    MessageQueued,
    MessageReceived,
    NodeHeard,
    NodeMarked,
    RouteChanged,
)
from meshtui.model.ids import (
    Instant,
    LinkId,
    MessageId,
    NetworkName,
    NodeId,
    channel_conversation,
    direct_conversation,
)
from meshtui.model.message import Channel, Delivery, DeliveryState, Message, Proof
from meshtui.model.node import Node, NodeMarks, NodeRole, PinState, Position, Route
from meshtui.model.secret import SecretBytes
from meshtui.store.database import Database
from meshtui.store.writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NET = NetworkName("jsonmesh")
ANNA, BEN = NodeId("MESH-0000000A"), NodeId("MESH-0000000B")
NOON_MS = 1_780_000_000_000
EVIL = "\x1b]0;owned\x07\u202e[red]"


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A profile in which something happened."""
    direct, forum = direct_conversation(NET, ANNA), channel_conversation(NET, "paris")
    own = Message(
        MessageId("own"), direct, BEN, "text", "and you?", NOON_MS + 1,
        proof=Proof.OWN, delivery=Delivery(DeliveryState.QUEUED),
    )  # fmt: skip
    heard = {"received_at_ms": NOON_MS, "sent_at_ms": NOON_MS - 5, "hops": 2, "route": (ANNA, BEN)}
    database = Database.open(tmp_path / "meshtui.db")
    StoreWriter(database).apply(
        [
            NodeHeard(
                Node(
                    NET, ANNA, "02ab", PinState.VERIFIED, name=f"Anna 日本{EVIL}", is_online=True,
                    position=Position(48.85, 2.35), last_heard_ms=NOON_MS, hops=1,
                    caps=frozenset({"ack"}),
                )
            ),
            NodeHeard(Node(NET, BEN, name="Ben", is_online=False, last_heard_ms=NOON_MS - 1)),
            NodeMarked(NET, BEN, NodeMarks(is_favourite=True, note="roof")),
            RouteChanged(Route(NET, ANNA, LinkId("home"), 2, (BEN,), NOON_MS, latency_ms=40)),
            ChannelChanged(Channel(NET, "paris", is_joined=True, description=EVIL)),
            ChannelChanged(Channel(NET, "rome", creator=ANNA, announced_at_ms=NOON_MS)),
            MessageReceived(
                Message(MessageId("1"), direct, ANNA, "text", f"two\nlines{EVIL}", **heard)
            ),
            MessageReceived(Message(MessageId("2"), forum, ANNA, "text", "hello paris", **heard)),
            MessageQueued(own),
            DeliveryChanged(
                MessageId("own"), direct, Delivery(DeliveryState.DELIVERED, 1, 20), Instant(0.0, 0)
            ),
        ]
    )  # fmt: skip
    database.close()
    return tmp_path


def read(
    capsys: pytest.CaptureFixture[str], home: Path, *argv: str, code: int = 0
) -> list[dict[str, object]]:
    """Run a command with --json and return its rows."""
    assert main([*argv, "--home", str(home), "--json"]) == code
    out = capsys.readouterr().out
    assert out.isascii()
    return [json.loads(line) for line in out.splitlines()]


def told(capsys: pytest.CaptureFixture[str], home: Path, *argv: str) -> list[str]:
    """Run a command and return its lines."""
    assert main([*argv, "--home", str(home)]) == 0
    return capsys.readouterr().out.splitlines()


def test_nodes_as_rows(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    anna, ben = read(capsys, home, "nodes")

    assert anna == {
        "network": "jsonmesh", "node_id": ANNA, "name": f"Anna 日本{EVIL}", "online": True,
        "lat": 48.85, "lng": 2.35, "pubkey": "02ab", "pin": "verified", "role": "unknown",
        "hops": 2, "rssi": None, "snr": None, "caps": ["ack"], "last_heard_ms": NOON_MS,
        "favourite": False, "blocked": False, "note": "", "contact": False,
    }  # fmt: skip
    assert (ben["favourite"], ben["note"], ben["online"]) == (True, "roof", False)


def test_nodes_as_lines_align_and_obey_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heading, anna, ben = told(capsys, home, "nodes")

    assert re.split(r" {2,}", anna)[:3] == [ANNA, "Anna 日本␛]0;owned␇\ufffd[red]", "yes"]
    assert re.split(r" {2,}", ben) == [
        BEN, "Ben", "no", "-", "none", "-", "-", "2026-05-28 20:26:39",
    ]  # fmt: skip
    column = heading.index("ONLINE")
    assert cell_width(anna[: anna.index("yes  ")]) == ben.index("no  ") == column


def test_only_nodes_that_are_online(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["node_id"] for row in read(capsys, home, "nodes", "--online")] == [ANNA]


def test_routes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before_s = time.time() - NOON_MS / 1000
    (row,) = read(capsys, home, "routes")

    assert before_s - 1 <= row.pop("age_s") <= before_s + 60
    assert row == {
        "network": "jsonmesh", "node_id": ANNA, "hops": 2, "via": [BEN], "rssi": None,
        "latency_ms": 40, "source": "heard", "confidence": 0.5, "last_seen_ms": NOON_MS,
        "link": "home", "active": False,
    }  # fmt: skip
    assert read(capsys, home, "routes", "--active") == []
    heading, way = told(capsys, home, "routes")
    assert way.startswith("MESH-0000000A  2     MESH-0000000B  40 ")
    assert way[heading.index("SURE") :].startswith("50%")


def test_channels(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paris, rome = read(capsys, home, "channels")

    assert paris == {
        "network": "jsonmesh", "name": "paris", "joined": True, "description": EVIL,
        "creator": None, "public": True, "announced_ts": None,
    }  # fmt: skip
    assert (rome["joined"], rome["creator"]) == (False, ANNA)
    assert [row["name"] for row in read(capsys, home, "channels", "--joined")] == ["paris"]


@pytest.mark.parametrize(
    "wanted",
    [f"jsonmesh/{ANNA}", ANNA, ANNA.lower(), f"Anna 日本{EVIL}", f"anna 日本{EVIL}", ANNA[:12]],
)
def test_a_history_goes_by_any_name(
    wanted: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row["id"] for row in read(capsys, home, "history", wanted)] == ["1", "own"]


@pytest.mark.parametrize("wanted", ["jsonmesh/#paris", "#paris", "paris", "PARIS"])
def test_a_channels_history_goes_by_any_name(
    wanted: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(capsys, home, "history", wanted) == [
        {
            "ts": NOON_MS, "network": "jsonmesh", "id": "2", "conversation": "jsonmesh/#paris",
            "from": ANNA, "to": "#paris", "text": "hello paris", "type": "text", "hops": 2,
            "route": [ANNA, BEN], "sent_ts": NOON_MS - 5, "proof": "sender-unproven",
            "signed": False, "rssi": None, "snr": None,
        }
    ]  # fmt: skip


def test_a_direct_message_on_meshcore_is_to_whom_we_were_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    core = NetworkName("meshcore")
    us, dora, hill = (NodeId(digits * 32) for digits in ("aa", "d0", "b1"))
    database = Database.open(tmp_path / "meshtui.db")
    queued = Delivery(DeliveryState.QUEUED)
    StoreWriter(database).apply(
        [
            MessageReceived(
                Message(MessageId("1"), direct_conversation(core, dora), dora, "text", "hi", 1)
            ),
            MessageReceived(
                Message(MessageId("2"), direct_conversation(core, hill), hill, "text", "hi", 2)
            ),
        ]
    )
    before = read(capsys, tmp_path, "history", str(dora))
    StoreWriter(database).apply(
        [
            MessageQueued(
                Message(
                    MessageId("3"), direct_conversation(core, dora), us, "text", "so?", 3,
                    proof=Proof.OWN, delivery=queued,
                )
            )
        ]
    )  # fmt: skip
    database.close()

    rows = read(capsys, tmp_path, "history", str(dora)) + read(
        capsys, tmp_path, "history", str(hill)
    )

    assert [row["to"] for row in before] == [None]
    assert [row["to"] for row in rows] == [us, dora, us]


def test_a_history_as_lines(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, home, "history", ANNA) == [
        f"2026-05-28 20:26:40  {ANNA}: two",
        "    lines␛]0;owned␇\ufffd[red]",
        f"2026-05-28 20:26:40  {BEN}: and you?  (delivered)",
    ]


def test_a_direct_message_on_meshcore_is_to_us_from_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    core = NetworkName("meshcore")
    first, second, dora = (NodeId(digits * 32) for digits in ("aa", "bb", "d0"))
    database = Database.open(tmp_path / "meshtui.db")
    talk = direct_conversation(core, dora)
    StoreWriter(database).apply(
        [
            MessageReceived(Message(MessageId("0"), talk, dora, "text", "old", 1)),
            MessageReceived(Message(MessageId("1"), talk, dora, "text", "a", 1, recipient=first)),
            MessageReceived(Message(MessageId("2"), talk, dora, "text", "b", 2, recipient=second)),
        ]
    )
    database.close()

    rows = read(capsys, tmp_path, "history", str(dora))

    # what is older than recipients are kept goes to whom we were last
    assert [row["to"] for row in rows] == [second, first, second]


def test_a_meshcore_history_names_people(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ridge = NodeId("7e01".ljust(64, "0"))
    core = NetworkName("meshcore")
    talk = direct_conversation(core, ridge)
    queued = Delivery(DeliveryState.QUEUED)
    own = Message(MessageId("8"), talk, NodeId("aa" * 32), "text", "so?", NOON_MS, delivery=queued)
    database = Database.open(two / "meshtui.db")
    StoreWriter(database).apply(
        [MessageReceived(Message(MessageId("7"), talk, ridge, "text", "hi", NOON_MS))]
    )
    StoreWriter(database).apply([MessageQueued(own)])
    database.close()

    lines = told(capsys, two, "history", str(ridge))
    heading, *ways = told(capsys, two, "routes")

    assert [line.split("  ")[1] for line in lines] == ["Ridge: hi", "me: so?"]
    assert "NAME" in heading
    assert any("Ridge" in way for way in ways)


def test_search_and_limit(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["id"] for row in read(capsys, home, "history", ANNA, "--search", "lines")] == ["1"]
    assert [row["id"] for row in read(capsys, home, "history", ANNA, "--limit", "1")] == ["own"]
    assert read(capsys, home, "history", ANNA, "--search", '"; DROP TABLE message') == []


def test_an_unknown_conversation_is_a_wrong_argument(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "nobody\x1b[2J", "--home", str(home)]) == 2

    err = capsys.readouterr().err
    assert "there is no conversation 'nobody␛[2J'" in err
    assert "\x1b" not in err


def test_metrics(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(capsys, home, "metrics")

    assert {"name": "delivery", "label": "delivered", "value": 1.0} in rows
    assert {row["name"] for row in read(capsys, home, "metrics", "delivery")} == {"delivery"}
    assert told(capsys, home, "metrics")[0].split() == ["NAME", "LABEL", "VALUE"]


@pytest.mark.parametrize(
    "command", [["nodes"], ["routes"], ["channels"], ["metrics"], ["history", "x"]]
)
def test_an_empty_profile_is_no_error_and_stays_empty(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--home", str(tmp_path / "new"), "--json"]) == 0

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nothing stored yet" in captured.err
    assert not (tmp_path / "new").exists()


def test_a_damaged_database_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "meshtui.db").write_bytes(b"this is no database, not at all" * 200)

    assert main(["nodes", "--home", str(tmp_path)]) == 1
    assert "meshtui.db" in capsys.readouterr().err


def test_options_may_stand_before_the_command(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", "--home", str(home), "nodes"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_home_may_come_from_the_environment(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHTUI_HOME", str(home))

    assert main(["nodes", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.fixture
def two(home: Path) -> Path:
    """The same profile, after MeshCore was heard as well."""
    mc, public = NetworkName("meshcore"), channel_conversation(NetworkName("meshcore"), "Public")
    database = Database.open(home / "meshtui.db")
    nodes = [
        NodeHeard(
            Node(
                mc, NodeId(start.ljust(64, "0")), name=name, role=NodeRole.RELAY,
                is_contact=start == "66aa", last_heard_ms=NOON_MS,
            )
        )
        for start, name in (("66aa", "North"), ("66bb", "South"), ("7e01", "Ridge"))
    ]  # fmt: skip
    StoreWriter(database).apply(
        [
            *nodes,
            RouteChanged(
                Route(
                    mc, NodeId("7e01".ljust(64, "0")), LinkId("usb"), 4,
                    (NodeId("66"), NodeId("66aa"), NodeId("99")), NOON_MS + 1, source="advert",
                )
            ),
            ChannelChanged(Channel(mc, "Public", True, secret=SecretBytes(b"0123456789abcdef"))),
            MessageReceived(
                Message(MessageId("3"), public, NodeId("~dora"), "text", "hi", NOON_MS + 9)
            ),
        ]
    )  # fmt: skip
    database.close()
    return home


def test_tables_name_the_network_where_there_are_several(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("nodes", "routes", "channels"):
        heading, *rows = told(capsys, two, command)

        assert heading.startswith("NETWORK")
        assert {row.split()[0] for row in rows} == {"jsonmesh", "meshcore"}


def test_a_relay_named_by_first_digits_is_named_as_far_as_it_is_known(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "66 (1 of 2) North 99 ?" in told(capsys, two, "routes")[1]
    assert read(capsys, two, "routes")[0]["via"] == ["66", "66aa", "99"]


def test_no_list_shows_a_channels_key(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (public,) = (row for row in read(capsys, two, "channels") if row["network"] == "meshcore")

    assert set(public) == {
        "network", "name", "joined", "description", "creator", "public", "announced_ts",
    }  # fmt: skip


@pytest.mark.parametrize("wanted", ["meshcore/#Public", "Public", "public", "#Public"])
def test_a_meshcore_channels_history_goes_by_any_name(
    wanted: str, two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = read(capsys, two, "history", wanted)

    assert (row["from"], row["to"], row["network"]) == ("~dora", "Public", "meshcore")
