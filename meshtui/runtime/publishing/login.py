"""How a publisher logs in: by user and password, or by a token that is renewed in good time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from meshtui.model.publishing import TokenStatus
from meshtui.runtime.publishing.tokens import TokenError

if TYPE_CHECKING:
    from meshtui.model.capture import BrokerConfig
    from meshtui.runtime.clock import Clock
    from meshtui.runtime.publishing.tokens import Token

# A token this young need not be renewed before a reconnect.
FRESH_MS: Final = 60_000
RETRY_MS: Final = 60_000
_SKEW_S: Final = 300


class LoginDesk(Protocol):
    """What a login needs of the service."""

    def radio_skew_s(self) -> int | None:
        """The radio's clock minus ours, where it is known."""
        ...

    async def make_token(self, audience: str, life_s: float) -> Token:
        """Make a login (see `TokenMaker.make`)."""
        ...

    def renew_after_ms(self) -> int:
        """How old a token may be, by the settings."""
        ...


class Login:
    """The login of one broker."""

    def __init__(self, config: BrokerConfig, desk: LoginDesk, clock: Clock) -> None:
        """Hold no token yet."""
        self._config = config
        self._desk = desk
        self._clock = clock
        self._token: Token | None = None
        self._renew_at_ms = 0
        self._is_refused = False
        self._forgotten = 0  # how often

    @property
    def kind(self) -> str:
        """How it logs in: `token`, `password`, or empty: not at all."""
        if self._config.use_auth_token:
            return "token"
        return "password" if self._config.username else ""

    @property
    def audience(self) -> str:
        """Whom tokens are made out to."""
        return self._config.token_audience or self._config.server

    @property
    def renew_s(self) -> float | None:
        """When the token is to be renewed, as `Instant.mono_s`; None = there is none."""
        if self._token is None:
            return None
        now = self._clock.now()
        return now.mono_s + max(0.0, (self._renew_at_ms - now.unix_ms) / 1000)

    def status(self) -> TokenStatus | None:
        """Say how old the token is."""
        token = self._token
        if token is None:
            return None
        return TokenStatus(token.issued_ms, token.expires_ms, self._renew_at_ms, token.signed_by)

    def forget(self) -> None:
        """Throw the token away: it is of another radio, or a person asked for a new one."""
        self._token = None
        self._forgotten += 1

    def hasten(self) -> None:
        """Let it be time for a new token."""
        self._renew_at_ms = 0

    def judged(self, *, is_refused: bool) -> None:
        """Note what the broker said of the login: what was refused is never tried again."""
        self._is_refused = is_refused

    async def credentials(self) -> tuple[str, str]:
        """Return user and password for the next connection.

        Raises:
            TokenError: Nobody signs, and there is no token that may still do.
        """
        config = self._config
        if not config.use_auth_token:
            return config.username, config.password.reveal.decode("utf-8", "replace")
        token = await self._fresh()
        return config.username or token.username, token.secret.reveal.decode("ascii", "replace")

    async def is_renewed(self) -> bool:
        """Make a new token where the time has come; True = there is one to log in with.

        Raises:
            TokenError: It is time and nobody signs; to be tried again a minute later.
        """
        token, now_ms = self._token, self._clock.now().unix_ms
        if token is None or now_ms < self._renew_at_ms:
            return False
        try:
            await self._make()
        except TokenError:
            self._renew_at_ms = now_ms + RETRY_MS
            raise
        return True

    def in_words(self, error: str) -> str:
        """Say why a login was refused; a token for one of two common reasons."""
        config = self._config
        if not config.use_auth_token:
            return error
        clock = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self._clock.now().unix_ms / 1000))
        keys = f"{config.name}_token_audience ({self.audience})"
        if config.username:
            keys += f" and {config.name}_username"
        skew_s = self._desk.radio_skew_s()
        radio = ""
        if skew_s is not None and abs(skew_s) > _SKEW_S:
            radio = f"; the radio's differs by {abs(skew_s)} s"
        return (
            f"the broker does not accept the token: is the clock of this machine right "
            f"({clock}{radio}), and {keys}?"
        )

    async def _fresh(self) -> Token:
        """Make a token before connecting; where nobody signs, an old one may still do."""
        old, now_ms = self._token, self._clock.now().unix_ms
        if old is not None and not self._is_refused and 0 <= now_ms - old.issued_ms < FRESH_MS:
            return old
        try:
            return await self._make()
        except TokenError:
            if old is None or self._is_refused or now_ms >= old.expires_ms:
                raise
            self._renew_at_ms = now_ms + RETRY_MS
            return old

    async def _make(self) -> Token:
        before = self._forgotten
        token = await self._desk.make_token(self.audience, self._config.jwt_ttl_s)
        if self._forgotten == before:  # else it is of another radio already
            self._token = token
            life_ms = token.expires_ms - token.issued_ms
            self._renew_at_ms = token.issued_ms + min(life_ms // 2, self._desk.renew_after_ms())
        return token
