"""`meshtui doctor`: look at everything that must be right, and say how to mend what is not.

With --json `ok` is null where something was not tried; `detail` says why.
"""

from __future__ import annotations

import asyncio
import locale
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.cli.stored import my_node_id
from meshtui.errors import ConfigError, KeystoreError, StoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from meshtui.cli.profile import Profile
    from meshtui.model.ids import LinkId, NodeId
    from meshtui.runtime.check import Check

# 2026-01-01: a clock before it has never been set.
_EARLIEST_MS: Final = 1_767_225_600_000
_LATEST_MS: Final = 4_102_444_800_000
_FUTURE_MS: Final = 60_000
# Steps without which nobody talks to a radio; others, such as its clock, only tell of it.
_WAY_TO_A_RADIO: Final = frozenset({"port", "bluetooth", "open", "radio"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("--no-links", action="store_true", help="only what is on this machine")


def run(args: argparse.Namespace) -> int:
    """Make all checks; 1 where one of them failed."""
    output = Output(as_json=args.json)
    profile = load_profile(args, output=output)
    ok = True

    def tell(check: Check) -> None:
        nonlocal ok
        ok = ok and check.is_ok
        row = {
            "check": check.check,
            "ok": check.is_ok if check.is_tried else None,
            "detail": check.detail,
            "fix": check.fix or None,
        }
        output.row(row, lambda: _line(check))

    for check in _local_checks(profile):
        tell(check)
    asyncio.run(_tell_outside(profile, args, tell))
    return Exit.DONE if ok else Exit.FAILED


def _line(check: Check) -> str:
    from meshtui.model.text import clean

    fix = f"\n      {check.fix}" if check.fix else ""
    word = ("ok   " if check.is_ok else "WRONG") if check.is_tried else "-    "
    return clean(f"{word} {check.check}: {check.detail}{fix}", keep_newlines=True)


def _local_checks(profile: Profile) -> Iterator[Check]:
    yield _check_clock(profile)
    yield from _check_keys(profile)
    yield _check_database(profile)
    yield _check_terminal()


def _check_clock(profile: Profile) -> Check:
    from meshtui.runtime.check import Check

    now_ms = time.time_ns() // 1_000_000
    fix = "set the clock, best by NTP (timedatectl set-ntp true); others judge us by our times"
    shown = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if not _EARLIEST_MS <= now_ms <= _LATEST_MS:
        return Check("clock", False, f"it is {shown} by this machine's clock", fix)
    newest_ms = _newest_ms(profile)
    if newest_ms > now_ms + _FUTURE_MS:
        behind_s = (newest_ms - now_ms) // 1000
        return Check("clock", False, f"{shown}: {behind_s} s before what was stored last", fix)
    return Check("clock", True, shown)


def _newest_ms(profile: Profile) -> int:
    """Return our own time of the last thing stored; 0 where nothing is."""
    from meshtui.store.database import Database
    from meshtui.store.reader import StoreReader

    path = profile.paths.database_file
    if not path.exists():
        return 0
    try:
        database = Database.open(path, read_only=True)
        try:
            return max((node.last_heard_ms for node, _ in StoreReader(database).nodes()), default=0)
        finally:
            database.close()
    except StoreError:
        return 0  # the check of the database says why


def _check_keys(profile: Profile) -> Iterator[Check]:
    from meshtui.cli.doctor_capture import needs_identity
    from meshtui.runtime.bootstrap import identify
    from meshtui.runtime.check import Check
    from meshtui.store.keystore import KeyFile

    path = profile.paths.keys_file
    if not path.exists():
        fix = "make one with: meshtui identity new"
        if not needs_identity(profile):
            detail = f"{path}: there is no identity, and a radio that is a node needs none"
            yield Check("keys", True, detail, f"to write messages, {fix}")
            return
        yield Check("keys", False, f"{path}: there is no identity", fix)
        return
    try:
        is_encrypted = KeyFile.is_encrypted(path)
        if is_encrypted and profile.password_file is None and not sys.stdin.isatty():
            yield Check("keys", True, f"{path}: encrypted, for its owner only; password not tried")
            return
        password = profile.password() if is_encrypted else None
        myself = identify(KeyFile.load(path, password))
    except (KeystoreError, ConfigError) as error:
        yield Check("keys", False, str(error))
        return
    how = "encrypted" if is_encrypted else "NOT encrypted"
    yield Check("keys", True, f"{myself.node_id}, {how}, for its owner only: {path}")


def _check_database(profile: Profile) -> Check:
    from meshtui.runtime.check import Check
    from meshtui.store.database import Database

    path = profile.paths.database_file
    if not path.exists():
        return Check("database", True, f"{path}: none yet")
    fix = "stop meshtui, move the file away (with its -wal and -shm) and start again, or restore it"
    try:
        database = Database.open(path, read_only=True)
        try:
            with database.reading() as connection:
                found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        finally:
            database.close()
    except StoreError as error:
        return Check("database", False, str(error), fix)
    size_kib = path.stat().st_size // 1024
    if found == ["ok"]:
        return Check("database", True, f"{path}: whole, {size_kib} KiB")
    return Check("database", False, f"{path}: damaged: {'; '.join(found)}", fix)


def _check_terminal() -> Check:
    from meshtui.runtime.check import Check

    term = os.environ.get("TERM", "")
    size = shutil.get_terminal_size((0, 0))
    encoding = locale.getpreferredencoding(False)
    deep = os.environ.get("COLORTERM", "") in {"truecolor", "24bit"}
    colours = "truecolor" if deep else "256 colours" if "256" in term else "16 colours at most"
    if os.environ.get("NO_COLOR"):
        colours = "no colours (NO_COLOR)"
    detail = f"TERM={term or '(unset)'}, {colours}, {encoding}"
    if size.columns:
        detail += f", {size.columns}x{size.lines}"
    if "utf" not in encoding.lower():
        return Check("terminal", False, detail, 'set a UTF-8 locale, or glyphs = "plain"')
    if not sys.stdout.isatty():
        return Check("terminal", True, f"{detail}; output goes to no terminal")
    if term in {"", "dumb"}:
        return Check("terminal", False, detail, "set TERM to what the terminal is, e.g. xterm")
    return Check("terminal", True, detail)


async def _tell_outside(
    profile: Profile, args: argparse.Namespace, tell: Callable[[Check], None]
) -> None:
    """Look at links, and at what the packet capture service publishes to."""
    from meshtui.cli.doctor_capture import is_concerned, tell_capture
    from meshtui.store.profile_lock import holder_of

    holder = holder_of(profile.paths.database_file)
    broken: Mapping[LinkId, str] = {}
    if not args.no_links:
        broken = await _tell_links(profile, my_node_id(args), tell, holder)
    if is_concerned(profile):
        await tell_capture(profile, tell, has_links=not args.no_links, holder=holder, broken=broken)


async def _tell_links(
    profile: Profile, me: NodeId | None, tell: Callable[[Check], None], holder: str
) -> Mapping[LinkId, str]:
    """Try each link; a radio of ours that another process talks to is left alone.

    Returns:
        What is wrong with those that cannot be used.
    """
    from meshtui.config.options import LINKS
    from meshtui.config.settings import COMMAND_LINE
    from meshtui.model.link import LinkKind
    from meshtui.runtime.bootstrap import configured_links
    from meshtui.runtime.check import Check
    from meshtui.runtime.doctor import check_link
    from meshtui.runtime.doctor_gateways import check_ports

    try:
        links = [(info, spec) for info, spec, _ in configured_links(profile.config)]
    except ConfigError as error:
        tell(Check("links", False, str(error)))
        return {}
    if not links:
        fix = "set links in the settings, or pass --link URL"
        tell(Check("links", False, "no link is set", fix))
    if all(spec.scheme != "serial" for _, spec in links):
        ports = await asyncio.to_thread(check_ports)
        if ports is not None:
            tell(ports)
    is_asked_for = profile.config.origins.get(LINKS.key) == COMMAND_LINE
    broken: dict[LinkId, str] = {}
    for info, spec in links:
        if holder and info.kind is not LinkKind.BROKER and not is_asked_for:
            why = f"not tried: {holder} uses this profile, and has the radio"
            tell(Check(f"link {spec.link_id}", True, why, is_tried=False))
            continue
        async for check in check_link(spec, me):
            tell(check)
            if not check.is_ok and check.check.rpartition(" ")[2] in _WAY_TO_A_RADIO:
                broken[spec.link_id] = check.detail
    return broken
