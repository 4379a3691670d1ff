"""Ids of texts that have none on the wire."""

from meshtui.model.ids import ConversationId
from meshtui.networks.meshcore.message_ids import message_id_of, text_digest

TALK = ConversationId("meshcore/#Public")


def test_every_reception_of_a_text_has_one_id() -> None:
    assert text_digest(TALK, "~bob", 5, "hi") == text_digest(TALK, "~bob", 5, "hi")
    assert message_id_of(text_digest(TALK, "~bob", 5, "hi")).isalnum()


def test_whatever_differs_makes_another_id() -> None:
    digests = {
        text_digest(talk, sender, timestamp, text)
        for talk in (TALK, ConversationId("meshcore/#a"))
        for sender in ("~bob", "~bo", "")
        for timestamp in (5, 50)
        for text in ("hi", "b\0hi", "")
    }

    assert len(digests) == 2 * 3 * 2 * 3


def test_fields_do_not_run_into_each_other() -> None:
    assert text_digest(TALK, "a\0001", 1, "x") != text_digest(TALK, "a", 1, "1\0x")


def test_half_a_character_has_an_id_too() -> None:
    assert len(text_digest(TALK, "~\udce9", 0, "\ud800")) == 8
