"""Real processes that log in with tokens: what they say holds no secret."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.capture_bed import air, at_tokens, capture_radio, ini
from tests.support.mosquitto import eventually
from tests.support.program import running_program
from tests.support.token_broker import TokenBroker

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_token_is_neither_logged_nor_counted_however_much_is_said(tmp_path: Path) -> None:
    settings = tmp_path / "config.ini"
    async with capture_radio(tmp_path) as radio, TokenBroker(tmp_path) as broker:
        settings.write_text(ini(radio.port, "debug = true", mqtt1=at_tokens(broker)))
        argv = ("capture", "--config", str(settings), "--count", "3", "--every", "0.1", "--verbose")
        with running_program(tmp_path, *argv) as capture:
            await eventually(lambda: broker.online() != set(), 20)
            radio.hear(*air(3))
            code = await asyncio.to_thread(capture.process.wait, 20)
            assert capture.process.stderr is not None
            said = capture.process.stderr.read()
        last = capture.wait_for(lambda row: row["brokers"][0]["published"] == 3)

    assert code == 0, said
    assert len(broker.bodies()) == 3
    assert last["brokers"][0]["token_expires_ts"] > last["ts"]
    assert "Captured packet #3" in said
    assert '"raw":' in said
    told = said + str(capture.rows)
    assert "eyJ" not in told  # how the header of every such token begins
    assert radio.mesh.radio.desk.owner.key.private.reveal.hex().upper() not in told.upper()
