"""Which frames belong to a message, and between which stations each is drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshtui.model.packet import Verdict
from meshtui.tui.state.ladder import (
    EVERYBODY,
    MAX_STATIONS,
    MAX_STEPS,
    ME,
    UNKNOWN,
    ladder_of,
    related,
)
from tests.support.packet_rows import a_row

OWN = {"me"}


def drawn(*rows):
    return [step.stations for step in ladder_of(rows, rows[0], OWN).steps]


def test_a_reception_runs_from_its_sender_through_the_relays_it_names_to_us() -> None:
    row = a_row(source="anna", destination="me", path=("66", "6b"), message_id="m")

    assert drawn(row) == [("anna", "66", "6b", ME)]


def test_what_we_send_runs_along_its_way_to_its_recipient() -> None:
    row = a_row(
        direction="tx",
        source="me",
        destination="anna",
        path=("6b",),
        message_id="m",
        verdict=Verdict.SENT,
    )

    assert drawn(row) == [(ME, "6b", "anna")]


def test_what_goes_to_a_channel_goes_to_everybody() -> None:
    row = a_row(direction="tx", source="me", destination="#hill", message_id="m")

    assert drawn(row) == [(ME, EVERYBODY)]


def test_our_own_packet_heard_again_comes_from_the_last_relay_that_it_names() -> None:
    first = a_row(1, direction="tx", source="me", destination="anna", packet_hash="aa")
    echo = a_row(2, source="me", destination="anna", path=("66", "6b"), packet_hash="aa")
    bare = a_row(3, source="me", destination="anna", packet_hash="aa")

    assert drawn(first, echo, bare)[1:] == [("6b", ME), (UNKNOWN, ME)]


def test_an_acknowledgement_that_names_nobody_comes_from_whom_the_message_was_for() -> None:
    text = a_row(1, direction="tx", source="me", destination="anna", message_id="m")
    ack = a_row(2, kind="ack", path=("66",), acks="m", source="", destination="")

    ladder = ladder_of([text, ack], text, OWN)

    assert ladder.steps[1].stations == ("anna", "66", ME)
    assert [step.is_back for step in ladder.steps] == [False, True]
    assert ladder.stations == (ME, "66", "anna")


def test_what_we_pass_on_runs_from_us() -> None:
    row = a_row(direction="tx", source="anna", destination="bernd", message_id="m", path=("66",))

    assert drawn(row) == [(ME, "bernd")]


def test_copies_are_found_by_hash_and_by_message_whichever_was_chosen() -> None:
    rows = [
        a_row(1, message_id="m", packet_hash="aa"),
        a_row(2, message_id="", packet_hash="aa"),
        a_row(3, message_id="m", packet_hash="bb"),
        a_row(4, kind="ack", message_id="own", acks="m", packet_hash="cc"),
        a_row(5, message_id="other", packet_hash="dd"),
        a_row(6, message_id="", packet_hash=""),
    ]

    for chosen in rows[:4]:
        assert [row.number for row in related(rows, chosen)] == [1, 2, 3, 4]
    assert related(rows, rows[5]) == [rows[5]]


def test_a_flood_of_copies_and_hops_has_an_end() -> None:
    rows = [
        a_row(n, source="anna", message_id="m", path=tuple(f"{n}-{hop}" for hop in range(50)))
        for n in range(400)
    ]

    ladder = ladder_of(rows, rows[0], OWN)

    assert len(ladder.steps) == MAX_STEPS
    assert len(ladder.stations) == MAX_STATIONS
    assert ladder.copies == MAX_STEPS


_NAMES = st.sampled_from(["", "me", "anna", "66", "6b", "#hill"])


@given(
    st.lists(
        st.builds(
            a_row,
            st.integers(1, 99),
            direction=st.sampled_from(["rx", "tx"]),
            source=_NAMES,
            destination=_NAMES,
            path=st.lists(_NAMES, max_size=4).map(tuple),
            message_id=_NAMES,
            acks=_NAMES,
            packet_hash=_NAMES,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_frame_has_two_stations_and_all_of_them_are_in_the_ladder(rows) -> None:
    ladder = ladder_of(rows, rows[0], OWN)

    assert all(len(step.stations) > 1 for step in ladder.steps)
    assert {s for step in ladder.steps for s in step.stations} == set(ladder.stations)


def test_whoever_passes_our_message_on_stands_between_us_and_its_recipient() -> None:
    said = a_row(1, direction="tx", source="me", destination="anna", packet_hash="aa")
    echo = a_row(2, source="me", destination="anna", path=("66",), packet_hash="aa")
    further = a_row(3, source="me", destination="anna", path=("66", "6b"), packet_hash="aa")

    ladder = ladder_of([said, echo, further], said, OWN)

    assert ladder.stations[0] == ME
    assert ladder.stations[-1] == "anna"


def test_a_relay_named_by_the_first_bytes_of_our_id_is_us() -> None:
    ours = "8139" + "0" * 60
    row = a_row(source="anna", destination="bernd", path=("66", "81", "8139"), message_id="m")

    (step,) = ladder_of([row], row, {ours}).steps

    assert step.stations == ("anna", "66", ME, ME, ME)


def test_a_ladder_is_drawn_anew_for_whatever_names_its_message_and_nothing_else() -> None:
    first = a_row(1, source="anna", destination="me", message_id="m", packet_hash="aa")
    again = a_row(2, source="anna", destination="me", message_id="m", packet_hash="bb")
    ladder = ladder_of((first, again), first, OWN)

    assert ladder.concerns(a_row(3, packet_hash="bb", message_id="other"))
    assert ladder.concerns(a_row(4, acks="m"))
    assert ladder.concerns(a_row(5, message_id="m"))
    assert not ladder.concerns(a_row(6, message_id="n", packet_hash="cc", acks="k"))
    assert not ladder.concerns(a_row(7))
