"""Run as a program: applies batches to a database and prints each message id once it is kept."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from meshtui.model.event import DeliveryChanged, DigestSeen, NodeHeard
from meshtui.model.ids import Instant, MessageId, NodeId
from meshtui.model.message import Delivery, DeliveryState
from meshtui.model.node import Node
from tests.support.open_store import NETWORK, WITH_ALICE, OpenStore, queued, received


def main(path: Path, life: str) -> None:
    store = OpenStore.at(path)
    say("open")
    for number in count():
        name = f"{life}-{number}"
        delivered = Delivery(DeliveryState.DELIVERED, 1)
        store.writer.apply(
            [
                received(f"r-{name}", digest=name.encode()),
                queued(f"q-{name}"),
                DeliveryChanged(MessageId(f"q-{name}"), WITH_ALICE, delivered, Instant(0.0, 0)),
                DigestSeen(NETWORK, b"seen" + name.encode()),
                NodeHeard(Node(NETWORK, NodeId(name))),
            ]
        )
        say(name)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
