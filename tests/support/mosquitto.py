"""A real mosquitto on free loopback ports: plain, TLS, WebSocket and TLS-WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE = ("alice", "correct horse")
SCHEMES = ("mqtt", "mqtts", "ws", "wss")
ACL = """\
user alice
topic readwrite meshcore/#
topic deny meshcore/forbidden
topic readwrite test/#
"""


def find_mosquitto() -> str:
    """Where mosquitto is; skips the test where it is not (fails where it is required)."""
    path = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if path is None:
        why = "mosquitto is not installed (Debian: apt install mosquitto)"
        if os.environ.get("MESHTUI_TEST_REQUIRE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """One broker; `start` after `stop` or `kill` brings it back on the same ports."""

    def __init__(
        self, folder: Path, *, has_login: bool = False, is_persistent: bool = False, extra: str = ""
    ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports = {scheme: free_port() for scheme in SCHEMES}
        self.authority = Authority(folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._write_config(has_login, is_persistent, extra)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def url(self, scheme: str = "mqtt", user: str = "", **options: str) -> str:
        """The link URL of a listener; TLS ones trust the test's authority."""
        if scheme in {"mqtts", "wss"}:
            options.setdefault("ca", str(self.authority.file))
        query = "&".join(f"{key}={value}" for key, value in options.items())
        at = f"{user}@" if user else ""
        return (
            f"jsonmesh+{scheme}://{at}localhost:{self.ports[scheme]}{'?' if query else ''}{query}"
        )

    def start(self) -> None:
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen(
            [find_mosquitto(), "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
        )
        log.close()
        for port in self.ports.values():
            self._await_port(port)

    def stop(self) -> None:
        """End it as an administrator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGCONT)
            self._process.send_signal(number)
            self._process.wait(5)
            self._process = None

    def _await_port(self, port: int) -> None:
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "mosquitto.log").read_text())
            time.sleep(0.01)
        pytest.fail(f"mosquitto does not listen on {port}")

    def _write_config(self, has_login: bool, is_persistent: bool, extra: str) -> None:
        certificate, key = self.authority.issue("localhost")
        lines = ["user root" if os.geteuid() == 0 else "", "log_type all", "set_tcp_nodelay true"]
        if is_persistent:
            lines += ["persistence true", f"persistence_location {self.folder}/"]
        if has_login:
            passwords = self.folder / "passwords"
            passwords.touch(mode=0o600)
            subprocess.run(
                ["mosquitto_passwd", "-b", str(passwords), *ALICE], check=True, capture_output=True
            )
            (self.folder / "acl").write_text(ACL)
            (self.folder / "acl").chmod(0o600)
            lines += [f"password_file {passwords}", f"acl_file {self.folder / 'acl'}"]
        lines += [extra, f"allow_anonymous {'false' if has_login else 'true'}"]
        for scheme, port in self.ports.items():
            lines.append(f"listener {port} 127.0.0.1")
            if scheme in {"ws", "wss"}:
                lines.append("protocol websockets")
            if scheme in {"mqtts", "wss"}:
                lines += [f"certfile {certificate}", f"keyfile {key}"]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")


@contextlib.contextmanager
def running(folder: Path, **options) -> Iterator[Mosquitto]:
    """A broker for the length of a block."""
    find_mosquitto()
    broker = Mosquitto(folder, **options)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


async def eventually(is_so, timeout_s: float = 5.0) -> None:
    """Wait until something is so; fails when it never is."""
    async with asyncio.timeout(timeout_s):
        while not is_so():  # noqa: ASYNC110 - what is waited for may lie in another process
            await asyncio.sleep(0.005)
