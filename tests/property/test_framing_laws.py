"""Laws of framing: nothing is raised, little is held, and what comes whole came so."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from meshtui.errors import DecodeError, EncodeError
from meshtui.mesh.reassembly import Chunk, Reassembler
from meshtui.networks.jsonmesh.chunk import (
    decode_chunk,
    decode_request,
    encode_chunks,
    encode_request,
)
from meshtui.networks.jsonmesh.deframer import PATIENCE_S, Deframed, Deframer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

OBJECT = b'{"v":1,"name":"a}\\"{","enc":{"nonce":"x","ct":"y"},"route":["a"]}'
CHUNK = b"MCHK|abc|0|2|" + b"x" * 200
COMPACT = b"\xcb\x01\x02{\xff" + b"y" * 60
RANDOMS = st.randoms(use_true_random=False)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def payloads(found: Iterable[Deframed]) -> list[bytes]:
    return [deframed.payload for deframed in found if not deframed.problem]


def notifications(*pieces: bytes) -> list[bytes]:
    """What comes of notifications, and then of silence."""
    deframer = Deframer(has_borders=True)
    found = [deframed for piece in pieces for deframed in deframer.feed(piece, 0.0)]
    return payloads([*found, *deframer.flush(PATIENCE_S)])


def reassemble(frames: Iterable[bytes], reassembler: Reassembler) -> list[bytes]:
    """What comes out whole of frames, all of one source and one moment."""
    whole = []
    for frame in frames:
        chunk = decode_chunk(frame)
        assert chunk is not None
        progress = reassembler.add("radio", chunk, 0.0)
        if progress.whole is not None:
            whole.append(progress.whole)
    return whole


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    random=RANDOMS,
)
def test_what_comes_twice_and_in_disorder_is_whole_once(sizes: list[int], random: Random) -> None:
    pieces = [random.randbytes(size) for size in sizes]
    total = len(pieces)
    chunks = [Chunk("a", index, total, piece) for index, piece in enumerate(pieces)] * 2
    random.shuffle(chunks)
    reassembler = Reassembler()
    results = [reassembler.add("radio", chunk, 0.0) for chunk in chunks]

    assert [result.whole for result in results if result.whole is not None] == [b"".join(pieces)]
    assert not any(result.problem for result in results)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["here", "there"]),
            st.builds(
                Chunk,
                st.sampled_from(["a", "b", "c", ""]),
                st.integers(-1, 5),
                st.integers(-1, 5),
                st.binary(max_size=3),
            ),
            st.floats(-50, 50),
        ),
        max_size=60,
    )
)
def test_whatever_comes_the_books_balance(steps: list[tuple[str, Chunk, float]]) -> None:
    reassembler = Reassembler()
    now_s = 0.0
    for source, chunk, step_s in steps:
        now_s += step_s
        result = reassembler.add(source, chunk, now_s)
        assert result.whole is None or result.have == result.total
        deadline_s = reassembler.next_deadline_s
        assert (deadline_s is None) == (len(reassembler) == 0)
    reassembler.expire(now_s + 301.0)

    assert (len(reassembler), reassembler.size, reassembler.next_deadline_s) == (0, 0, None)


@given(
    text=st.text(max_size=1500),
    id_chars=st.integers(1, 40),
    longest=st.integers(80, 255),
    random=RANDOMS,
)
def test_a_text_survives_cutting_and_no_character_is_cut(
    text: str, id_chars: int, longest: int, random: Random
) -> None:
    payload = text.encode("utf-8", "ignore")
    try:
        frames = encode_chunks(payload, "i" * id_chars, longest)
    except EncodeError:
        assert len(payload) > 64 * (longest - id_chars - 16 - 3)
        return
    assert all(len(frame) <= longest for frame in frames)
    for frame in frames:
        chunk = decode_chunk(frame)
        assert chunk is not None
        chunk.payload.decode()
    random.shuffle(frames)
    assert reassemble(frames, Reassembler()) == [payload]


@given(st.binary(max_size=3000))
def test_bytes_that_are_no_text_survive_too(payload: bytes) -> None:
    assert reassemble(encode_chunks(payload, "abc"), Reassembler()) == [payload]


@given(
    frame=st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda mark, rest: mark + rest, st.sampled_from([b"MCHK|", b"MREQ|"]), st.binary()
        ),
        st.lists(st.sampled_from([b"1", b"a", b"0/1", b"\xff", b"64", b"", b"RAW"])).map(
            lambda parts: b"|".join([b"MCHK", *parts])
        ),
    )
)
def test_whatever_comes_only_decode_errors_do(frame: bytes) -> None:
    for decode in (decode_chunk, decode_request):
        with contextlib.suppress(DecodeError):
            decode(frame)


@given(
    size=st.integers(0, 3000),
    lost=st.sets(st.integers(0, 15)),
    random=RANDOMS,
)
def test_what_is_lost_can_be_asked_for(size: int, lost: set[int], random: Random) -> None:
    payload = random.randbytes(size)
    frames = encode_chunks(payload, "abc")
    kept = [frame for index, frame in enumerate(frames) if index not in lost] * 2
    random.shuffle(kept)
    reassembler = Reassembler()
    whole = reassemble(kept, reassembler)
    for unfinished in reassembler.incomplete(5.0, 5.0):
        asked = decode_request(encode_request(unfinished.chunk_id, unfinished.missing))
        assert asked is not None
        whole += reassemble([frames[index] for index in asked[1]], reassembler)

    assert whole == ([payload] if len(kept) else [])


@given(
    has_borders=st.booleans(),
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [OBJECT, CHUNK, COMPACT, b"\n", b"RSSI:-8|", b"SNR:", b"{", b"}", b'"', b"\\", b"|"]
            ),
            st.binary(max_size=200).map(lambda data: OBJECT[: len(data)]),
        ),
        max_size=40,
    ),
    waits=st.lists(st.floats(-1, 10), min_size=40, max_size=40),
)
def test_whatever_comes_nothing_is_raised_and_little_is_held(
    pieces: list[bytes], waits: list[float], has_borders: bool
) -> None:
    deframer = Deframer(has_borders=has_borders, max_bytes=500)
    now_s = 0.0
    for piece, wait_s in zip(pieces, waits, strict=False):
        found = deframer.feed(piece, now_s)
        assert sum(len(deframed.payload) for deframed in found) <= len(piece) + 500 + 20
        now_s += wait_s
        deframer.flush(now_s)
    deframer.flush(now_s + 100.0)

    assert deframer.next_deadline_s is None
    rest = deframer.feed(b"\n" + CHUNK + b"\n", now_s + 200.0)
    assert payloads(rest)[-1:] == [CHUNK]


@given(
    objects=st.lists(
        st.dictionaries(
            st.text('ab{}\\"é', min_size=1, max_size=3).map(lambda key: "k" + key),
            st.recursive(
                st.text('ab{}\\"é\u02ff'),
                lambda inner: (
                    st.lists(inner, max_size=2)
                    | st.dictionaries(st.text("ab", min_size=1), inner, max_size=2)
                ),
                max_leaves=4,
            ),
            max_size=3,
        ),
        min_size=1,
        max_size=4,
    ),
    size=st.integers(1, 40),
)
def test_objects_are_found_without_line_ends(objects: list[dict[str, object]], size: int) -> None:
    texts = [json.dumps(value, ensure_ascii=False).encode() for value in objects]
    pieces = [piece for text in texts for piece in cut(text, size)]

    assert notifications(*pieces) == texts


@given(
    texts=st.lists(st.text('aé"{}|\\', max_size=900), min_size=1, max_size=5, unique=True),
    has_borders=st.booleans(),
    size=st.integers(1, 300),
    random=RANDOMS,
)
def test_out_of_a_bad_air_comes_nothing_but_what_was_sent(
    texts: list[str], has_borders: bool, size: int, random: Random
) -> None:
    messages = [json.dumps({"v": 1, "t": text}).encode() for text in texts]
    sets = [encode_chunks(message, f"id{number}") for number, message in enumerate(messages)]
    sent = [frame for frames in sets for frame in frames for _ in range(random.choice((1, 1, 2)))]
    heard = [frame for frame in sent if random.random() < 0.9]
    random.shuffle(heard)
    data = b"".join(random.choice((b"", b"RSSI:-9|SNR:1|")) + frame + b"\n" for frame in heard)
    deframer, reassembler = Deframer(has_borders=has_borders), Reassembler()
    frames = payloads(found for piece in cut(data, size) for found in deframer.feed(piece, 0.0))

    assert frames == heard
    whole = Counter(reassemble(frames, reassembler))
    complete = [
        message for message, frames in zip(messages, sets, strict=True) if set(frames) <= set(heard)
    ]
    assert whole == Counter(complete)
