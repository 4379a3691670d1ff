"""A radio is asked to sign: each request ends once, by a signature of its own key or a reason."""

from __future__ import annotations

import gc
import random
from typing import TYPE_CHECKING

import pytest

from meshtui.crypto.ed25519 import from_seed, verify
from meshtui.errors import LocalProtocolError
from meshtui.model.command import MAX_SIGNED_BYTES, Sign
from meshtui.model.event import FrameReceived, FrameSent, Signed
from meshtui.model.link import LinkKind
from meshtui.networks.meshcore.companion import answers
from meshtui.networks.meshcore.companion.answers import (
    BareAnswer,
    CurrTime,
    Err,
    Ok,
    PrivateKey,
    Signature,
    SignStart,
)
from meshtui.networks.meshcore.companion.codes import Answer, Command
from meshtui.networks.meshcore.companion.commands import Bare, SignData
from meshtui.networks.meshcore.companion.signing import MAX_CHUNK_BYTES, MAX_WAITING, PATIENCE_S
from meshtui.networks.meshcore.station import NETWORK
from tests.support.fake_companion import LINK, Desk, FakeCompanion

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshtui.networks.meshcore.companion.commands import RadioCommand
    from meshtui.networks.meshcore.companion.frames import RadioFrame

ALICE = from_seed(b"alice".ljust(32, b"a"))
MALLORY = from_seed(b"mallory".ljust(32, b"m"))
DATA = bytes(range(256)) + b"the end of a token"
OFF = BareAnswer(Answer.DISABLED)
STEPS = (Command.SIGN_START, Command.SIGN_DATA, Command.SIGN_FINISH, Command.EXPORT_PRIVATE_KEY)


class SigningRadio(FakeCompanion):
    """A radio that signs; `says` comes first: by command code, what to answer instead, once each.

    A `says` of None swallows the answer, and the command is carried out all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pair = ALICE
        self.key = ALICE.public_key
        self.max_bytes = MAX_SIGNED_BYTES
        self.text: bytearray | None = None
        self.says: dict[int, list[RadioFrame | None]] = {}
        self.steps: list[int] = []
        self.exported: RadioFrame = PrivateKey(ALICE.private.reveal)

    def always(self, code: int, frame: RadioFrame | None) -> None:
        self.says[code] = [frame] * 50

    def _default(self, command: RadioCommand) -> list[RadioFrame]:
        code = Command.SIGN_DATA if isinstance(command, SignData) else command[:1]
        code = code[0] if isinstance(code, tuple) and code else code
        if not isinstance(command, SignData | Bare) or code not in STEPS:
            return super()._default(command)
        self.steps.append(int(code))
        answer = self._sign(command)
        said = self.says.get(int(code))
        if said:
            instead = said.pop(0)
            return [] if instead is None else [instead]
        return [answer]

    def _sign(self, command: RadioCommand) -> RadioFrame:
        match command:
            case Bare(Command.SIGN_START):
                self.text = bytearray()
                return SignStart(0, self.max_bytes)
            case SignData(data):
                if self.text is None:
                    return Err(4)
                self.text += data
                return Ok()
            case Bare(Command.EXPORT_PRIVATE_KEY):
                return self.exported
            case _:
                if self.text is None:
                    return Err(4)
                whole, self.text = bytes(self.text), None
                return Signature(self.pair.sign(whole))


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.radio = SigningRadio()
    return desk.connect()


def radio_of(desk: Desk) -> SigningRadio:
    assert isinstance(desk.radio, SigningRadio)
    return desk.radio


def ask(desk: Desk, name: str = "s", data: bytes = DATA, *, may_export: bool = False) -> None:
    desk.apply(desk.port.sign(Sign(NETWORK, LINK, data, name, may_export), desk.now))
    desk.settle()


def signed(desk: Desk, name: str = "s") -> Signed:
    """What came of a request: one thing."""
    (event,) = [each for each in desk.of(Signed) if each.request_id == name]
    assert (event.signature is None) is bool(event.reason)
    assert (event.signature is None) is (not event.signed_by)
    return event


def is_right(event: Signed, data: bytes = DATA) -> bool:
    return event.signature is not None and verify(ALICE.public_key, data, event.signature.reveal)


def test_a_radio_signs_in_pieces_that_it_takes(desk: Desk) -> None:
    ask(desk)

    event = signed(desk)
    assert is_right(event)
    assert (event.network, event.link_id, event.signed_by) == (NETWORK, LINK, "the radio")
    pieces = [each.data for each in desk.radio.asked if isinstance(each, SignData)]
    assert b"".join(pieces) == DATA
    assert [len(piece) for piece in pieces] == [120, 120, len(DATA) - 240]
    assert desk.radio.count(Bare, Command.EXPORT_PRIVATE_KEY) == 0


@pytest.mark.parametrize("size", [0, 1, MAX_CHUNK_BYTES, MAX_CHUNK_BYTES + 1, MAX_SIGNED_BYTES])
def test_any_length_up_to_the_most_is_signed(desk: Desk, size: int) -> None:
    ask(desk, data=bytes(size))

    assert is_right(signed(desk), bytes(size))


def test_requests_are_signed_one_after_the_other(desk: Desk) -> None:
    desk.holds = True
    for number in range(10):
        ask(desk, f"s{number}", b"%d" % number * 200)
    desk.holds = False
    desk.settle()

    assert all(is_right(signed(desk, f"s{n}"), b"%d" % n * 200) for n in range(10))
    steps = [Command.SIGN_START, *[Command.SIGN_DATA] * 2, Command.SIGN_FINISH]
    assert radio_of(desk).steps == steps * 10


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Err(1), "does not know this command"), (OFF, "switched off"), (Err(3), "full")],
)
def test_a_radio_that_does_not_sign_is_not_asked_for_its_key_unasked(
    desk: Desk, answer: RadioFrame, words: str
) -> None:
    radio_of(desk).always(Command.SIGN_START, answer)

    ask(desk)

    assert signed(desk).reason.startswith("the radio does not sign: ")
    assert words in signed(desk).reason
    assert radio_of(desk).steps == [Command.SIGN_START]


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (Command.SIGN_START, Err(1)),
        (Command.SIGN_START, OFF),
        (Command.SIGN_DATA, Err(3)),
        (Command.SIGN_DATA, Err(4)),
        (Command.SIGN_FINISH, Err(4)),
        (Command.SIGN_FINISH, Signature(MALLORY.sign(DATA))),
        (Command.SIGN_FINISH, Signature(bytes(64))),
        (Command.SIGN_FINISH, Signature(ALICE.sign(DATA + b"x"))),
    ],
)
def test_where_it_may_be_the_key_is_asked_for_and_signs(
    desk: Desk, code: int, answer: RadioFrame
) -> None:
    radio_of(desk).always(code, answer)

    ask(desk, may_export=True)

    assert is_right(signed(desk))
    assert signed(desk).signed_by == "the key the radio exported"
    assert radio_of(desk).steps[-1] == Command.EXPORT_PRIVATE_KEY


@pytest.mark.parametrize(
    ("exported", "words"),
    [
        (OFF, "does not hand out its private key: that is switched off"),
        (Err(1), "does not hand out its private key: its firmware"),
        (PrivateKey(MALLORY.private.reveal), "is another node's"),
        (PrivateKey(bytes(64)), "is no private key"),
        (PrivateKey(b"\xff" * 64), "is no private key"),
    ],
)
def test_without_either_both_reasons_are_told(desk: Desk, exported: RadioFrame, words: str) -> None:
    radio_of(desk).always(Command.SIGN_START, Err(1))
    radio_of(desk).exported = exported

    ask(desk, may_export=True)

    reason = signed(desk).reason
    assert words in reason
    assert "does not sign" in reason


def test_a_signature_that_is_not_the_radios_is_not_believed(desk: Desk) -> None:
    radio_of(desk).pair = MALLORY

    ask(desk)

    assert signed(desk).reason.startswith("the radio signs wrongly")
    assert radio_of(desk).steps.count(Command.SIGN_START) == 2


def test_one_wrong_signature_is_tried_again(desk: Desk) -> None:
    radio_of(desk).says[Command.SIGN_FINISH] = [Signature(bytes(64))]

    ask(desk)

    assert is_right(signed(desk))


@pytest.mark.parametrize("code", STEPS[:3])
def test_after_silence_all_is_begun_again_so_that_no_piece_counts_twice(
    desk: Desk, code: int
) -> None:
    radio_of(desk).says[code] = [None]

    ask(desk)
    desk.wind(60)

    assert is_right(signed(desk))
    assert radio_of(desk).steps.count(Command.SIGN_START) == 2


@pytest.mark.parametrize("code", [Command.SIGN_DATA, Command.SIGN_FINISH])
def test_a_radio_that_started_anew_in_the_middle_signs_from_the_start(
    desk: Desk, code: int
) -> None:
    radio_of(desk).says[code] = [Err(4)]

    ask(desk)

    assert is_right(signed(desk))


def test_a_radio_that_takes_its_time_to_sign_is_waited_for(desk: Desk) -> None:
    radio_of(desk).says[Command.SIGN_FINISH] = [None]

    ask(desk)
    desk.wind(12)
    desk.push(Signature(ALICE.sign(DATA)))

    assert is_right(signed(desk))
    assert radio_of(desk).steps.count(Command.SIGN_START) == 1


def test_a_radio_that_is_silent_for_good_ends_every_request_once(desk: Desk) -> None:
    desk.radio.is_silent = True
    ask(desk, "a", may_export=True)
    ask(desk, "b")

    desk.wind(PATIENCE_S - 1)
    before = len(desk.of(Signed))
    desk.wind(200)

    assert before == 0
    assert "does not answer" in signed(desk, "a").reason
    assert "does not answer" in signed(desk, "b").reason


def test_a_radio_that_was_silent_once_and_handed_its_key_out_is_not_waited_for_again(
    desk: Desk,
) -> None:
    radio_of(desk).always(Command.SIGN_FINISH, None)
    ask(desk, "first", may_export=True)
    desk.wind(60)
    assert is_right(signed(desk, "first"))
    radio_of(desk).steps.clear()

    ask(desk, "second", may_export=True)

    assert is_right(signed(desk, "second"))
    assert radio_of(desk).steps == [Command.EXPORT_PRIVATE_KEY]
    radio_of(desk).says.clear()
    radio_of(desk).exported = OFF
    ask(desk, "third", may_export=True)  # so it is asked to sign after all
    assert is_right(signed(desk, "third"))


def test_a_radio_that_was_silent_is_asked_once_until_it_signs(desk: Desk) -> None:
    steps = radio_of(desk).steps
    radio_of(desk).always(Command.SIGN_FINISH, None)
    counts = []
    for name in ("first", "second", "third"):
        ask(desk, name)
        desk.wind(60)
        counts.append(steps.count(Command.SIGN_FINISH))
        steps.clear()
    assert counts == [2, 1, 1]

    radio_of(desk).says.clear()
    ask(desk, "well again")
    assert is_right(signed(desk, "well again"))
    radio_of(desk).says[Command.SIGN_FINISH] = [None]
    ask(desk, "hiccup")
    desk.wind(60)
    assert is_right(signed(desk, "hiccup"))


def test_after_a_silence_the_next_request_is_served(desk: Desk) -> None:
    desk.radio.is_silent = True
    ask(desk, "a")
    desk.wind(2 * PATIENCE_S)
    desk.radio.is_silent = False
    desk.wind(60)

    ask(desk, "b")

    assert signed(desk, "a").signature is None
    assert is_right(signed(desk, "b"))


@pytest.mark.parametrize("commands", range(1, 5))
def test_a_link_that_is_lost_in_between_ends_every_request_once(desk: Desk, commands: int) -> None:
    desk.holds = True
    for name in ("a", "b", "c"):
        ask(desk, name, may_export=True)
    for _ in range(commands):
        _pass_one(desk)

    desk.disconnect()
    desk.holds = False
    desk.wind(200)

    assert {signed(desk, name).reason for name in "abc"} == {"the link to the radio was lost"}
    desk.connect()
    ask(desk, "d")
    assert is_right(signed(desk, "d"))


def _pass_one(desk: Desk) -> None:
    """Let one command reach the radio, and its answer us."""
    desk._deliver(desk._to_radio.popleft())
    while desk._from_radio:
        desk.read(desk._from_radio.popleft())


def test_more_than_the_radio_takes_is_not_handed_over(desk: Desk) -> None:
    radio_of(desk).max_bytes = len(DATA) - 1

    ask(desk, "a")
    ask(desk, "b", may_export=True)

    assert (
        signed(desk, "a").reason == f"the radio signs 273 bytes at most, and these are {len(DATA)}"
    )
    assert signed(desk, "b").signed_by == "the key the radio exported"
    assert desk.radio.count(SignData) == 0


def test_a_radio_that_names_no_limit_is_tried(desk: Desk) -> None:
    radio_of(desk).max_bytes = 0

    ask(desk)

    assert is_right(signed(desk))


def test_too_many_requests_are_refused_and_change_nothing(desk: Desk) -> None:
    desk.holds = True
    for number in range(MAX_WAITING):
        ask(desk, str(number), b"x")
    with pytest.raises(LocalProtocolError):
        ask(desk, "more", b"x")
    desk.holds = False
    desk.settle()

    assert len(desk.of(Signed)) == MAX_WAITING


ODD: tuple[Callable[[], RadioFrame], ...] = (
    Ok,
    Err,
    lambda: Err(99),
    lambda: OFF,
    lambda: CurrTime(7),
    lambda: SignStart(9, 0xFFFFFFFF),
    lambda: Signature(b"\xff" * 64),
    lambda: PrivateKey(b"\x07" * 64),
    lambda: answers.Sent(0, b"tagt", 1),
)


@pytest.mark.parametrize("make", ODD)
@pytest.mark.parametrize("code", STEPS)
def test_whatever_the_radio_answers_there_is_one_end(desk: Desk, code: int, make) -> None:
    if code == Command.EXPORT_PRIVATE_KEY:
        radio_of(desk).always(Command.SIGN_START, Err(1))
    radio_of(desk).always(code, make())

    ask(desk, may_export=True)
    desk.wind(300)

    event = signed(desk)
    assert event.signature is None or is_right(event)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_every_request_has_one_end(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(chance.choice([LinkKind.STREAM, LinkKind.DATAGRAM]))
    desk.radio = SigningRadio()
    desk.connect()
    names = [str(number) for number in range(6)]
    for name in names:
        for code in STEPS:
            odd = [None if chance.random() < 0.5 else chance.choice(ODD)() for _ in range(2)]
            radio_of(desk).says[code] = odd if chance.random() < 0.3 else []
        if not desk.port.is_ready:
            desk.wind(200)
        ask(desk, name, may_export=chance.random() < 0.5)
        desk.wind(chance.choice([0, 1, 7, 60]))
        if chance.random() < 0.2:
            desk.disconnect()
            desk.connect()
    desk.wind(400)

    ends = [signed(desk, name) for name in names]
    assert len(desk.of(Signed)) == len(names)
    assert all(each.signature is None or is_right(each) for each in ends)


@pytest.mark.parametrize("payload", [b"\x13", b"\x13\0\0", b"\x14", b"\x14" + bytes(63), b"\x0e1"])
def test_answers_that_are_cut_off_are_no_answers(desk: Desk, payload: bytes) -> None:
    for code in STEPS:
        radio_of(desk).always(code, None)
    ask(desk, may_export=True)

    for _ in range(60):
        desk.say(payload)
        desk.wind(2)

    assert signed(desk).signature is None


def test_neither_token_nor_signature_nor_key_is_seen_in_any_event(desk: Desk) -> None:
    token = b"eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiSldUIn0.eyJwdWJsaWNLZXkiOiI4QTg4"
    ask(desk, "a", token)
    radio_of(desk).always(Command.SIGN_START, Err(1))
    ask(desk, "b", token, may_export=True)
    desk.push(Signature(ALICE.sign(b"unasked")), PrivateKey(ALICE.private.reveal))

    frames = [each.transmit.payload for each in desk.of(FrameSent)]
    frames += [each.frame.payload for each in desk.of(FrameReceived)]
    secrets = (token, ALICE.sign(token), ALICE.sign(b"unasked"), ALICE.private.reveal)
    for secret in secrets:
        for start in range(0, len(secret) - 8, 8):
            piece = secret[start : start + 8]
            assert not any(piece in frame for frame in frames)
            assert piece.hex() not in repr(desk.events)
            assert repr(piece)[2:-1] not in repr(desk.events)
    assert {signed(desk, name).signature is None for name in "ab"} == {False}


def test_the_key_is_forgotten_once_it_has_signed(desk: Desk) -> None:
    radio_of(desk).always(Command.SIGN_START, Err(1))
    ask(desk, may_export=True)
    radio_of(desk).exported = OFF
    gc.collect()

    kept = [each for each in gc.get_objects() if isinstance(each, PrivateKey)]
    assert is_right(signed(desk))
    assert ALICE.private.reveal not in [each.key for each in kept]
