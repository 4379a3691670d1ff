"""A channel text's summary is like any other, only that its id comes when it is asked for."""

from __future__ import annotations

from dataclasses import fields, replace

from meshtui.model.ids import ConversationId
from meshtui.model.packet import MAX_SUMMARY_TEXT, PacketSummary, Verdict
from meshtui.networks.meshcore import channel_text
from meshtui.networks.meshcore.channel_text import ChannelText, channel_text_summary
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest

SAID = (ConversationId("meshcore/#Public"), "~Anna", 1_767_225_800, "good morning")


def _summary(words: str = "good morning") -> PacketSummary:
    said = (*SAID[:3], words)
    return channel_text_summary(said, "#Public", "Public", 2, ("ab", "cd"), "00FF")


def _plain(late: PacketSummary) -> PacketSummary:
    return PacketSummary(**{field.name: getattr(late, field.name) for field in fields(late)})


def test_its_id_is_the_messages() -> None:
    assert _summary().message_id == message_id_of(text_digest(*SAID))


def test_the_id_is_computed_once_and_only_when_it_is_asked_for(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(channel_text, "text_digest", lambda *said: asked.append(said) or b"\x01")
    summary = _summary()
    assert not asked

    ids = [summary.message_id, summary.message_id]

    assert ids == ["01", "01"]
    assert asked == [SAID]


def test_it_equals_the_plain_summary_that_says_the_same() -> None:
    late = _summary()
    plain = _plain(late)

    assert type(plain) is not type(late)
    assert late == plain == late
    assert hash(late) == hash(plain)
    assert late != replace(plain, hops=3)
    assert late != "group-text"


def test_a_changed_copy_keeps_the_id_and_what_was_not_changed() -> None:
    late = _summary()

    copy = replace(late, verdict=Verdict.SENT)

    assert copy == replace(_plain(late), verdict=Verdict.SENT)
    assert isinstance(copy, ChannelText)
    assert copy.said is None


def test_a_long_text_is_whole_where_it_is_delivered_and_cut_where_it_is_listed() -> None:
    late = _summary("x" * (MAX_SUMMARY_TEXT + 1))

    assert late.text == "x" * MAX_SUMMARY_TEXT
    assert isinstance(late, ChannelText)
    assert late.said is not None
    assert late.said[3] == "x" * (MAX_SUMMARY_TEXT + 1)
