"""Calls that block, in threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def in_own_thread(call: Callable[[], T], name: str, undo: Callable[[], None]) -> T:
    """Run a blocking call in a daemon thread; `undo` cleans up where nobody waits any more.

    Not the loop's own pool: that has few threads, waits for them at exit, and one host that does
    not answer would keep the others waiting.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.done():
            undo()
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def body() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is awaited
            error = caught
        try:
            loop.call_soon_threadsafe(deliver, result, error)
        except RuntimeError:  # the loop has ended
            with contextlib.suppress(OSError):
                undo()

    threading.Thread(target=body, name=name, daemon=True).start()
    return await future
