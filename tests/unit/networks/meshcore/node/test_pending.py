"""Questions that are not answered yet."""

from __future__ import annotations

from meshtui.networks.meshcore.node.pending import MAX_PENDING, PendingRequests, Question


def test_an_answer_counts_once_and_from_whom_was_asked_only() -> None:
    pending = PendingRequests()
    pending.ask(b"tag1", Question(b"peer", 3))

    assert pending.take(b"tag1", b"other") is None
    assert pending.peek(b"tag1", b"peer") == Question(b"peer", 3)
    assert pending.take(b"tag1", b"peer") == Question(b"peer", 3)
    assert pending.take(b"tag1", b"peer") is None


def test_a_login_is_answered_once() -> None:
    pending = PendingRequests()
    pending.ask_login(b"room")

    assert not pending.take_login(b"other")
    assert pending.take_login(b"room")
    assert not pending.take_login(b"room")


def test_questions_and_logins_are_bounded() -> None:
    pending = PendingRequests()

    for number in range(3 * MAX_PENDING):
        pending.ask(bytes([number]), Question(b"peer", 1))
        pending.ask_login(bytes([number]))

    assert len(pending) == 2 * MAX_PENDING
    assert pending.peek(bytes([0]), b"peer") is None
    assert pending.peek(bytes([47]), b"peer") is not None
    assert not pending.take_login(bytes([0]))
