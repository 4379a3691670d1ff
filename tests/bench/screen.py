"""The client on a screen of 80x24 beside plain Textual applications: start, memory, bytes, idle."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt

from meshtui.model.event import ConversationRead, MessageReceived
from meshtui.model.ids import MessageId, direct_conversation
from meshtui.model.message import Message
from meshtui.networks.jsonmesh import topics
from meshtui.networks.jsonmesh.envelope import FORUM_PREFIX, encode_envelope
from meshtui.networks.jsonmesh.seal import Letter
from meshtui.store.database import Database
from meshtui.store.reader import StoreReader
from meshtui.store.writer import StoreWriter
from tests.bench import big_profile, plain_apps
from tests.bench.pipeline import RANDOM, Person
from tests.bench.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.measure import Table

ROUNDS = 5
SETTLE_S = 3.0
IDLE_S = 6.0
ROWS_FILLED = 30
PACED, PACE_S = 24, 0.25
BURST, FLOOD = 500, 10_000
FORUM = "forum-0"
MARKER = "quokka-nest"
ROOT = Path(__file__).parents[2]
_BROKER = (
    "import asyncio, sys\n"
    "from meshtui.sim.broker import EmbeddedBroker\n"
    "async def main():\n"
    "    print(await EmbeddedBroker().start(), flush=True)\n"
    "    await asyncio.to_thread(sys.stdin.read)\n"
    "asyncio.run(main())\n"
)


def report(table: Table) -> None:
    """Measure and add rows."""
    table.head("Screen of 80x24: 350 nodes, 20 chats, 10,000 stored messages")
    with tempfile.TemporaryDirectory() as folder, broker() as port:
        home = Path(folder)
        make_home(home, port)
        ours = ["-m", "meshtui", "--home", str(home)]
        _first_screen(table, ours)
        with Terminal(ours) as client:
            client.until(MARKER)
            client.press(f"/join #{FORUM}\r".encode())
            _at_rest(table, client)
            _messages(table, client, home, port)
        _flood(table, home, port)


@contextlib.contextmanager
def broker() -> Iterator[int]:
    """Run a broker in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", _BROKER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def make_home(home: Path, port: int) -> None:
    """Make a profile whose newest message holds `MARKER`."""
    run = [sys.executable, "-m", "meshtui", "--home", str(home)]
    done = subprocess.run(
        [*run, "identity", "new", "--no-encrypt"], check=True, cwd=ROOT, capture_output=True
    )
    assert done.returncode == 0
    config = home / "config.toml"
    kept = config.read_text(encoding="utf-8") if config.exists() else ""
    config.write_text(f'links = ["jsonmesh+mqtt://127.0.0.1:{port}"]\nname = "bench"\n{kept}')
    path = home / "meshtui.db"
    big_profile.fill(path)
    database = Database.open(path)
    sender, now_ms = big_profile.node_id(9), big_profile.NOW_MS
    conversation = direct_conversation(big_profile.NETWORK, sender)
    last = Message(MessageId("last"), conversation, sender, "text", MARKER, now_ms, now_ms)
    seen = [
        ConversationRead(each.conversation_id, big_profile.MESSAGES)
        for each in StoreReader(database).conversations()
    ]
    StoreWriter(database).apply([*seen, MessageReceived(last)])
    database.close()


def _first_screen(table: Table, ours: Sequence[str]) -> None:
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    memory: dict[str, float] = {}
    contenders = {
        "ours": (ours, MARKER),
        "bare": (["-m", "tests.bench.plain_apps", "bare"], plain_apps.READY),
    }
    for _ in range(1 + ROUNDS):
        for name, (args, marker) in contenders.items():
            with Terminal(args) as terminal:
                taken[name].append(terminal.until(marker))
                terminal.drain(1.0)
                memory[name] = terminal.rss_mb
    for each in taken.values():
        del each[0]  # it compiled what the others found compiled
    ours_s, bare_s = (statistics.median(taken[name]) for name in ("ours", "bare"))
    table.add(
        "first useful screen | bare Textual app",
        f"{ours_s * 1000:.0f} ms",
        f"{bare_s * 1000:.0f} ms",
        f"{ours_s / bare_s:.1f} x",
        "at most 2 x",
    )
    table.add(
        "memory then",
        f"{memory['ours']:.0f} MB",
        f"{memory['bare']:.0f} MB",
        f"{memory['ours'] / memory['bare']:.1f} x",
        "at most 70 MB",
    )


def _at_rest(table: Table, client: Terminal) -> None:
    client.drain(SETTLE_S)
    cpu_s = client.cpu_s
    wrote = client.drain(IDLE_S)
    share = (client.cpu_s - cpu_s) / IDLE_S
    table.add("idle: processor", f"{share:.1%}", aim="under 1 %")
    table.add("idle: bytes a second to the terminal", f"{wrote / IDLE_S:.0f} B")


def _messages(table: Table, client: Terminal, home: Path, port: int) -> None:
    people = [Person(number) for number in range(1, 52)]
    paho = _publisher(port)

    def publish(number: int, text: str) -> None:
        paho.publish(topics.forum_topic(FORUM), _forum_message(people, number, text), qos=1)

    def say(number: int) -> None:
        publish(number, _line(number))

    ours = _paced(client, say)
    with plain_chat(home) as (chat, pipe):
        theirs = _paced(chat, lambda number: print(_line(number), file=pipe, flush=True))
    table.add(
        "bytes to the terminal a message | plain chat",
        f"{ours:,.0f} B",
        f"{theirs:,.0f} B",
        f"{theirs / ours:.1f} x",
        "a fifth",
    )
    begin_s = time.perf_counter()
    for number in range(BURST - 1):
        publish(number, _line(number))
    publish(BURST, "burst-is-over")
    client.until("burst-is-over")
    burst_s = time.perf_counter() - begin_s
    table.add(f"{BURST} messages at once, until shown", f"{burst_s:.1f} s", aim="at most 2 s")
    paho.disconnect()
    paho.loop_stop()


def _flood(table: Table, home: Path, port: int) -> None:
    people = [Person(number) for number in range(1, 52)]
    flood = [_forum_message(people, number, _line(number)) for number in range(FLOOD - 1)]
    flood.append(_forum_message(people, FLOOD, "flood-is-over"))
    pulse, paho = home / "pulse", _publisher(port)
    with Terminal(["-m", "tests.bench.heartbeat", str(pulse), "--home", str(home)]) as client:
        client.drain(SETTLE_S)
        begin_s = time.perf_counter()
        for payload in flood:
            paho.publish(topics.forum_topic(FORUM), payload, qos=1)
        client.until("flood-is-over")
        flood_s = time.perf_counter() - begin_s
        client.drain(1.0)
        worst_ms = float(pulse.read_text())
    paho.disconnect()
    paho.loop_stop()
    table.add(f"{FLOOD:,} messages at once, until shown", f"{flood_s:.1f} s")
    table.add("longest freeze of the screen meanwhile", f"{worst_ms:.0f} ms", aim="at most 100 ms")


def _publisher(port: int) -> mqtt.Client:
    paho = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    paho.max_inflight_messages_set(2_000)
    paho.connect("127.0.0.1", port)
    paho.loop_start()
    return paho


@contextlib.contextmanager
def plain_chat(folder: Path) -> Iterator[tuple[Terminal, object]]:
    """Run the plain chat; what is written to the pipe is said in it."""
    path = folder / "lines"
    os.mkfifo(path)
    with Terminal(["-m", "tests.bench.plain_apps", "chat", str(path)]) as chat:
        opened: list[object] = []
        opener = threading.Thread(target=lambda: opened.append(path.open("w", encoding="utf-8")))
        opener.start()
        chat.drain(SETTLE_S)
        opener.join()
        yield chat, opened[0]


def _paced(terminal: Terminal, say: Callable[[int], object]) -> float:
    """Say lines at a human pace; returns the bytes written for one."""
    for number in range(ROWS_FILLED):  # a full screen scrolls, an empty one does not
        say(number)
    terminal.drain(SETTLE_S)
    wrote = 0
    for number in range(PACED):
        say(ROWS_FILLED + number)
        wrote += terminal.drain(PACE_S)
    return wrote / PACED


def _line(number: int) -> str:
    return f"message {number}: the ferry leaves at dusk, bring a lamp"


def _forum_message(people: Sequence[Person], number: int, text: str) -> bytes:
    person = people[number % len(people)]
    now_ms = time.time_ns() // 1_000_000
    letter = Letter(f"bench-{number}-{now_ms}", FORUM_PREFIX + FORUM, now_ms, text)
    envelope = person.sealer.seal_channel(FORUM, letter, RANDOM.randbytes)
    return encode_envelope(envelope, app_names=True)
