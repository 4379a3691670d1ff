"""Which text an acknowledgement is for."""

from __future__ import annotations

from meshtui.networks.meshcore.ack_book import MAX_ACKS, AckBook


def test_an_acknowledgement_names_its_text_and_an_unknown_one_none() -> None:
    book = AckBook()
    book.note(b"aaaa", "text")

    assert (book.text_of(b"aaaa"), book.text_of(b"bbbb")) == ("text", "")


def test_the_oldest_is_forgotten_past_the_limit() -> None:
    book = AckBook()
    for number in range(MAX_ACKS + 1):
        book.note(number.to_bytes(4, "big"), str(number))

    assert (book.text_of(bytes(4)), book.text_of(b"\0\0\0\1")) == ("", "1")
