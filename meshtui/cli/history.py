"""`meshtui history`: a conversation from disk, or what in it holds the given words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from meshtui.cli.addressing import JSONMESH
from meshtui.cli.arguments import count
from meshtui.cli.lines import message_line
from meshtui.cli.output import Exit
from meshtui.cli.rows import message_row
from meshtui.cli.stored import my_node_id, open_store
from meshtui.errors import LocalProtocolError
from meshtui.model.ids import ConversationId, ConversationKind, split_conversation
from meshtui.model.text import clean_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.message import Conversation, Message
    from meshtui.store.reader import StoreReader

DEFAULT_LIMIT = 200
LEAST_DIGITS = 4  # fewer say nothing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "conversation",
        metavar="CONV",
        help="conversation id, node id or its first digits, #channel, or a name",
    )
    parser.add_argument("--search", metavar="TEXT", help="only messages with all these words")
    parser.add_argument(
        "--limit",
        type=count,
        default=DEFAULT_LIMIT,
        metavar="N",
        help=f"at most the last N messages; default {DEFAULT_LIMIT}",
    )


def run(args: argparse.Namespace) -> int:
    """Print the messages, oldest first."""
    with open_store(args) as (store, output):
        if store is None:
            return Exit.DONE
        conversation = find_conversation(args.conversation, store.conversations())
        if args.search is None:
            messages = list(store.history(conversation, None, args.limit))
        else:
            # The store finds the newest first; people and pipes read downwards.
            messages = list(reversed(store.search(args.search, conversation, args.limit)))
        network = split_conversation(conversation)[0]
        me = my_node_id(args) if network == JSONMESH else _last_id(store, network, messages)
        writer = None if network == JSONMESH or output.as_json else _writers(store)
        for message in messages:
            row = {"ts": message.received_at_ms} | message_row(message, me)
            shown = row if writer is None else row | {"from": writer(message)}
            output.row(row, partial(message_line, shown, message.received_at_ms))
    return Exit.DONE


def _writers(store: StoreReader) -> Callable[[Message], str]:
    """Name who wrote, where ids are too long to read."""
    from meshtui.tui.state.directory import Directory

    directory = Directory()
    directory.load(store.nodes())
    return lambda message: (
        "me" if message.is_own else directory.author_of(message.conversation, message.sender)
    )


def _last_id(
    store: StoreReader, network: NetworkName, messages: Sequence[Message]
) -> NodeId | None:
    """Who we were last, here or else anywhere on a network whose radios bring their own ids."""
    here = (message.sender for message in reversed(messages) if message.is_own)
    return next(here, None) or store.own_id(network)


def find_conversation(wanted: str, known: Sequence[Conversation]) -> ConversationId:
    """Return the conversation a person means by its id, target, `#name` or title, or by the first
    digits of a node's id.

    Raises:
        LocalProtocolError: None is meant, or more than one.
    """
    exact = [each for each in known if each.conversation_id == wanted]
    folded = wanted.casefold()
    found = (
        exact
        or [each for each in known if folded in _names(each)]
        or [each for each in known if len(folded) >= LEAST_DIGITS and _begins(each, folded)]
    )
    if len(found) == 1:
        return found[0].conversation_id
    shown = clean_line(wanted, 80)
    if found:
        ids = ", ".join(clean_line(each.conversation_id, 80) for each in found[:8])
        msg = f"{shown!r} may mean {ids}; name one of these"
        raise LocalProtocolError(msg)
    msg = f"there is no conversation {shown!r}; `meshtui channels` and `meshtui nodes` list names"
    raise LocalProtocolError(msg)


def _begins(conversation: Conversation, digits: str) -> bool:
    _, kind, target = split_conversation(conversation.conversation_id)
    return kind is ConversationKind.DIRECT and target.casefold().startswith(digits)


def _names(conversation: Conversation) -> set[str]:
    _, _, target = split_conversation(conversation.conversation_id)
    _, _, with_sign = conversation.conversation_id.partition("/")
    return {target.casefold(), with_sign.casefold(), conversation.title.casefold()}
