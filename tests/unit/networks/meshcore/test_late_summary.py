"""A late summary is like any other, only that what takes long comes when it is asked for."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from meshtui.model.ids import ConversationId
from meshtui.model.packet import PacketSummary, Verdict
from meshtui.networks.meshcore import late_summary
from meshtui.networks.meshcore.late_summary import LateSummary, summary_of
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest
from meshtui.networks.meshcore.packet import Packet, packet_hash_text, path_len_byte

SAID = (ConversationId("meshcore/#Public"), "~Anna", 1_767_225_800, "good morning")
PACKET = Packet(1, 5, path_len_byte(2, 1), b"\xab\xcd", bytes(19))


def _summary() -> LateSummary:
    ends = SAID[1], "#Public"
    return summary_of(PACKET, "group-text", Verdict.DELIVERED, *ends, "", "", SAID[3], "", SAID)


def _plain(late: PacketSummary) -> PacketSummary:
    return PacketSummary(**{field.name: getattr(late, field.name) for field in fields(late)})


def test_its_id_is_the_messages() -> None:
    assert _summary().message_id == message_id_of(text_digest(*SAID))


def test_its_hash_and_path_are_the_packets() -> None:
    summary = _summary()

    assert summary.packet_hash == packet_hash_text(PACKET)
    assert summary.path == ("ab", "cd")
    assert summary.hops == 2


@pytest.mark.parametrize(
    ("maker", "name"),
    [("text_digest", "message_id"), ("packet_hash_text", "packet_hash"), ("path_of", "path")],
)
def test_each_is_computed_once_and_only_when_it_is_asked_for(maker, name, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(late_summary, maker, lambda *said: asked.append(said) or b"\x01")
    summary = _summary()
    assert not asked

    both = [getattr(summary, name), getattr(summary, name)]

    assert both[0] == both[1]
    assert len(asked) == 1


def test_it_equals_the_plain_summary_that_says_the_same() -> None:
    late = _summary()
    plain = _plain(late)

    assert type(plain) is not type(late)
    assert late == plain == late
    assert hash(late) == hash(plain)
    assert late != replace(plain, hops=3)
    assert late != "group-text"


def test_a_changed_copy_keeps_what_was_not_changed() -> None:
    late = _summary()

    copy = replace(late, verdict=Verdict.SENT)

    assert copy == replace(_plain(late), verdict=Verdict.SENT)
    assert isinstance(copy, LateSummary)
    assert copy.said is None


def test_what_no_text_is_has_no_id() -> None:
    assert summary_of(PACKET, "advert", Verdict.HANDLED).message_id == ""
