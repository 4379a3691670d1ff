"""Values that nothing has are doubted, and the filter is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.display_filter import compile_filter
from meshtui.model.filter_doubt import doubt_of
from meshtui.model.packet_fields import packet_fields
from tests.support.packet_rows import a_row

KNOWN = {
    "type": ["text", "ack", "advert", "SELF_INFO"],
    "net": ["jsonmesh", "meshcore"],
    "verdict": ["unreadable", "sent", "dropped"],
}


def known(field_name: str) -> list[str]:
    return KNOWN.get(field_name, [])


@pytest.mark.parametrize(
    ("text", "said", "start", "end"),
    [
        ("type==tetx", "no known type is tetx; did you mean text?", 6, 10),
        ("type != advrt", "no known type is advrt; did you mean advert?", 8, 13),
        ("!(net==meshcor) && hops>2", "no known net is meshcor; did you mean meshcore?", 7, 14),
        ("type in {ack, qqq}", "no known type is qqq", 14, 17),
        ("type~xyz", "no known type holds xyz", 5, 8),
        ("type==self_inof", "no known type is self_inof; did you mean SELF_INFO?", 6, 15),
        ("verdict!=unreadble", "no known verdict is unreadble; did you mean unreadable?", 9, 18),
        ("type==tetx && net==x", "no known type is tetx; did you mean text?", 6, 10),
    ],
)
def test_a_value_that_nothing_has_is_doubted(text: str, said: str, start: int, end: int) -> None:
    doubt = doubt_of(text, known)

    assert doubt is not None
    assert (str(doubt), doubt.start, doubt.end) == (said, start, end)
    compile_filter(text, packet_fields({}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "type==TEXT && net==meshcore",
        "type~adv || type in {ack, text}",
        "type && !net",
        "link==nowhere && channel==none && from~nobody && reason==odd && verdict==unreadable",
        "hops>2 && text~tetx",
        "verdict in {no-key, unreadable} || verdict==seen || verdict==reflected",
        "type==",
        "type=tetx",
        "hill top",
    ],
)
def test_what_is_known_and_what_may_be_anything_is_not_doubted(text: str) -> None:
    assert doubt_of(text, known) is None


def test_an_unknown_kind_that_was_heard_is_not_doubted_and_passes() -> None:
    heard = {"type": ["unassigned-13"]}
    matches = compile_filter("type==unassigned-13", packet_fields({})).matches

    assert doubt_of("type==unassigned-13", known, lambda name: heard.get(name, [])) is None
    assert matches(a_row(kind="unassigned-13"))


@given(st.text(alphabet='typenet =!~&|({,})"\\', max_size=40))
def test_no_text_raises_and_a_doubt_lies_within_it(text: str) -> None:
    doubt = doubt_of(text, known)

    assert doubt is None or 0 <= doubt.start < doubt.end <= len(text)
