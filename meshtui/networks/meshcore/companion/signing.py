"""Carries a `Sign` out: one after the other, each ends in exactly one `Signed`.

    SIGN_START, SIGN_DATA …, SIGN_FINISH ─▶ verified ─▶ Signed
          │ it does not, or not rightly
          └─ EXPORT_PRIVATE_KEY, where that is allowed ─▶ signed here, and the key is forgotten

A radio keeps one text to sign, and starts over with every SIGN_START: after silence all of it is
begun again, for a piece that was handed over twice would be signed twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Final, NamedTuple

from meshtui.crypto.ed25519 import from_expanded, verify
from meshtui.errors import CryptoError, LocalProtocolError
from meshtui.model.event import Signed
from meshtui.model.secret import SecretBytes
from meshtui.networks.meshcore.companion.answers import PrivateKey, Signature, SignStart
from meshtui.networks.meshcore.companion.codes import Command, ErrorCode
from meshtui.networks.meshcore.companion.commands import Bare, SignData
from meshtui.networks.meshcore.companion.driver import LINK_LOST, Reply
from meshtui.networks.meshcore.companion.scripts import Do, Script, Step
from meshtui.networks.meshcore.station import NETWORK

if TYPE_CHECKING:
    from meshtui.model.command import Sign
    from meshtui.networks.meshcore.companion.radio import Radio

MAX_WAITING: Final = 64
MAX_CHUNK_BYTES: Final = 120
ATTEMPTS: Final = 2
PATIENCE_S: Final = 45.0
"""For one request; a radio that starts anew in between is back by then."""

BY_RADIO: Final = "the radio"
BY_EXPORT: Final = "the key the radio exported"
_NO_ANSWER: Final = "the radio does not answer when it is asked to sign"
_OFF: Final = "that is switched off"
_WRONG: Final = "the radio signs wrongly: its signature is not of its own key"


class _Outcome(NamedTuple):
    """What came of one way to sign.

    Attributes:
        is_to_retry: It may go better next time.
        is_silent: The radio did not answer.
    """

    signature: SecretBytes | None = None
    signed_by: str = ""
    reason: str = ""
    is_to_retry: bool = False
    is_silent: bool = False


_Signing = Generator[Step, Reply, _Outcome]


class Signer:
    """What one radio is to sign."""

    def __init__(self, radio: Radio) -> None:
        """Begin with nothing to sign."""
        self._radio = radio
        self._waiting: deque[tuple[Sign, float]] = deque()
        self._script = 0
        # It was silent when it was last to sign: everything else that is asked of it waits for
        # that, so it is asked once only, or not at all where it handed its key out instead.
        self._was_silent = False
        self._is_mute = False

    @property
    def next_deadline_s(self) -> float | None:
        """When the first request has waited long enough."""
        return self._waiting[0][1] if self._waiting else None

    def submit(self, request: Sign) -> None:
        """Take a request in.

        Raises:
            LocalProtocolError: Too many wait.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise LocalProtocolError("too much waits to be signed")
        self._waiting.append((request, self._radio.now.mono_s + PATIENCE_S))
        self._go_on()

    def tick(self) -> None:
        """Give up what has waited too long."""
        while self._waiting and self._waiting[0][1] <= self._radio.now.mono_s:
            self._radio.scripts.stop(self._script)
            self._end(_Outcome(reason=_NO_ANSWER))
        self._go_on()

    def fail_all(self) -> None:
        """The link is gone."""
        self._radio.scripts.stop(self._script)
        self._was_silent = self._is_mute = False
        while self._waiting:
            self._end(_Outcome(reason=LINK_LOST))

    def _go_on(self) -> None:
        if self._waiting and not self._radio.scripts.is_running(self._script):
            self._script = self._radio.run(self._sign_all())

    def _sign_all(self) -> Script:
        while self._waiting:
            self._end((yield from self._sign(self._waiting[0][0])))

    def _sign(self, request: Sign) -> _Signing:
        """Have the radio sign, or sign by the key it hands out."""
        radio = self._radio
        if self._is_mute and request.may_export:
            exported = yield from _by_export(radio, request.data)
            if exported.signature is not None:
                return exported
            self._is_mute = False
        for _ in range(1 if self._was_silent else ATTEMPTS):
            outcome = yield from _by_radio(radio, request.data)
            if not outcome.is_to_retry:
                break
        self._was_silent = outcome.is_silent
        if outcome.signature is not None or not request.may_export:
            return outcome
        exported = yield from _by_export(radio, request.data)
        if exported.signature is not None:
            self._is_mute = outcome.is_silent
            return exported
        return _Outcome(reason=f"{outcome.reason}; {exported.reason}")

    def _end(self, outcome: _Outcome) -> None:
        """Tell what came of the first request."""
        request, _ = self._waiting.popleft()
        radio = self._radio
        radio.emit(
            Signed(
                NETWORK,
                radio.link_id,
                request.request_id,
                radio.now,
                outcome.signature,
                outcome.signed_by,
                outcome.reason,
            )
        )


def _by_radio(radio: Radio, data: bytes) -> _Signing:
    reply = yield Do(Bare(Command.SIGN_START), attempts=1)
    if not isinstance(reply.frame, SignStart):
        return _refusal(reply)
    limit = reply.frame.max_bytes
    if 0 < limit < len(data):
        return _Outcome(reason=f"the radio signs {limit} bytes at most, and these are {len(data)}")
    for at in range(0, len(data), MAX_CHUNK_BYTES):
        reply = yield Do(SignData(data[at : at + MAX_CHUNK_BYTES]), attempts=1)
        if reply.problem:
            return _refusal(reply)
    reply = yield Do(Bare(Command.SIGN_FINISH), attempts=1)
    if not isinstance(reply.frame, Signature):
        return _refusal(reply)
    if not verify(radio.key, data, reply.frame.signature):
        return _Outcome(reason=_WRONG, is_to_retry=True)
    return _Outcome(SecretBytes(reply.frame.signature), BY_RADIO)


def _by_export(radio: Radio, data: bytes) -> _Signing:
    """Sign by the radio's own key, which lives here only as long as that takes."""
    reply = yield Do(Bare(Command.EXPORT_PRIVATE_KEY))
    if not isinstance(reply.frame, PrivateKey):
        return _Outcome(reason=f"it does not hand out its private key: {reply.problem or _OFF}")
    try:
        key = from_expanded(reply.frame.key)
    except CryptoError:
        return _Outcome(reason="what it hands out is no private key")
    if key.public_key != radio.key:
        return _Outcome(reason="the private key it hands out is another node's")
    return _Outcome(SecretBytes(key.sign(data)), BY_EXPORT)


def _refusal(reply: Reply) -> _Outcome:
    """Say why the radio did not do a step."""
    is_silent = reply.frame is None and reply.problem != LINK_LOST
    has_restarted = reply.error_code == ErrorCode.BAD_STATE
    return _Outcome(
        reason=f"the radio does not sign: {reply.problem or _OFF}",
        is_to_retry=is_silent or has_restarted,
        is_silent=is_silent,
    )
