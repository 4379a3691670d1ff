"""Logins by token: made out to one broker, signed by the radio's key, good for a day.

Whoever can, signs: the radio itself; a private key in a file; the key the radio exports, used once
inside its session.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meshtui import __version__
from meshtui.errors import CryptoError, LocalProtocolError, MeshtuiError
from meshtui.model.command import Sign
from meshtui.networks.base import Claims
from meshtui.runtime.key_file import read_key_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from meshtui.model.capture import CaptureConfig
    from meshtui.model.device import Device
    from meshtui.model.event import Signed
    from meshtui.model.secret import SecretBytes
    from meshtui.networks.base import Observer
    from meshtui.runtime.clock import Clock

LIFE_S: Final = 24 * 3600
SIGN_TIMEOUT_S: Final = 60.0
# Whoever chats waits for a radio that is slow to fail, so it is left alone in proportion, and
# longer each time.
SLOW_S: Final = 5.0
REST_FACTOR: Final = 10
LONGEST_REST_S: Final = 3600.0
_CLIENT: Final = f"meshtui/{__version__}"

_log = logging.getLogger(__name__)


class TokenError(MeshtuiError):
    """There is no token; the text says why and what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Token:
    """A login.

    Attributes:
        secret: The password.
    """

    username: str
    secret: SecretBytes
    issued_ms: int
    expires_ms: int
    signed_by: str


class TokenMaker:
    """Makes tokens for one radio, at most one at a time: its key is asked in turn."""

    def __init__(
        self,
        config: CaptureConfig,
        observer: Observer,
        submit: Callable[[Sign], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """Make none yet.

        Args:
            submit: Asks the mesh; what comes of it is given to `signed`.
        """
        self._config = config
        self._observer = observer
        self._submit = submit
        self._clock = clock
        self._asked: dict[str, asyncio.Future[Signed]] = {}
        self._turn = asyncio.Lock()
        self._warned: set[str] = set()
        self._rests_until_s = 0.0  # the radio is not asked before
        self._rest_s = 0.0  # how long it was left alone last; 0 = it has not failed slowly since
        self._failure = ""

    def signed(self, event: Signed) -> None:
        """Take what came of a `Sign`, ours or another's."""
        future = self._asked.get(event.request_id)
        if future is not None and not future.done():
            future.set_result(event)

    def rested(self) -> None:
        """The radio has come back: whatever ailed it may be over."""
        self._rests_until_s = self._rest_s = 0.0

    async def make(self, origin: Device, audience: str, life_s: float = LIFE_S) -> Token:
        """Make a token for `audience`, from now on.

        Raises:
            TokenError: Nobody signs.
        """
        async with self._turn:
            config = self._config
            issued_s = self._clock.now().unix_ms // 1000
            claims = Claims(
                issued_s,
                issued_s + int(life_s),
                audience,
                config.owner_public_key,
                config.owner_email,
                _CLIENT,
                config.iata if config.token_iata else "",
            )
            data = self._observer.token_input(origin, claims)
            signature, signed_by = await self._sign(origin, data)
            secret = self._observer.token(origin, data, signature)
            if secret is None:
                msg = f"the signature of {signed_by} is not this radio's"
                raise TokenError(msg)
            username = self._observer.username(origin)
            return Token(username, secret, issued_s * 1000, claims.expires_s * 1000, signed_by)

    async def _sign(self, origin: Device, data: bytes) -> tuple[SecretBytes, str]:
        """Have it signed by whoever comes first and can."""
        has_file = bool(self._config.private_key_path)
        problems: list[str] = []
        ways = [self._by_radio, self._by_file] if has_file else [self._by_radio]
        if self._config.auth_token_method == "python":  # noqa: S105 - a word, no secret
            ways.reverse()
        for way in ways:
            try:
                return await way(origin, data)
            except TokenError as error:
                problems.append(str(error))
        if not has_file:
            problems.append("a file with its private key can be named by private_key_path")
        raise TokenError("; ".join(problems))

    async def _by_radio(self, origin: Device, data: bytes) -> tuple[SecretBytes, str]:
        began_s = self._clock.now().mono_s
        if began_s < self._rests_until_s:
            raise TokenError(self._failure)
        try:
            signed = await self._ask_radio(origin, data)
        except TokenError as error:
            took_s = self._clock.now().mono_s - began_s
            if took_s >= SLOW_S:
                self._failure = str(error)
                self._rest_s = min(max(REST_FACTOR * took_s, 2 * self._rest_s), LONGEST_REST_S)
                self._rests_until_s = began_s + took_s + self._rest_s
            raise
        self._rest_s = 0.0
        return signed

    async def _ask_radio(self, origin: Device, data: bytes) -> tuple[SecretBytes, str]:
        request = Sign(
            origin.network,
            origin.link_id,
            data,
            uuid.uuid4().hex,
            may_export=not self._config.private_key_path,
        )
        future = self._asked[request.request_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SIGN_TIMEOUT_S):
                await self._submit(request)
                answer = await future
        except TimeoutError:
            raise TokenError("the radio does not answer when asked to sign") from None
        except LocalProtocolError as error:
            raise TokenError(str(error)) from None
        finally:
            del self._asked[request.request_id]
        if answer.signature is None:
            raise TokenError(answer.reason)
        return answer.signature, answer.signed_by

    async def _by_file(self, origin: Device, data: bytes) -> tuple[SecretBytes, str]:
        name = "private_key_path"
        where = f"{self._config.places.get(name, name)}: {self._config.private_key_path}"
        try:
            key = await asyncio.to_thread(self._read_key)
            # arithmetic of milliseconds: not on the loop
            signature = await asyncio.to_thread(self._observer.sign, origin, key, data)
        except OSError as error:
            msg = f"{where}: {error.strerror}"
            raise TokenError(msg) from None
        except CryptoError as error:
            msg = f"{where}: {error.detail or error}"
            raise TokenError(msg) from None
        return signature, "private_key_path"

    def _read_key(self) -> SecretBytes:
        path = Path(self._config.private_key_path).expanduser()
        key, is_open = read_key_file(path)
        if is_open and str(path) not in self._warned:
            self._warned.add(str(path))
            _log.warning("private_key_path: others can read it; run: chmod 600 %s", path)
        return key
