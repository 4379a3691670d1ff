"""The inspector of a recording on the terminal."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.cli.choices import Choices
from meshtui.cli.collector import settle_soon
from meshtui.cli.logs import log_to_file
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import load_profile
from meshtui.cli.terminal import require_terminal
from meshtui.errors import ConfigError
from meshtui.runtime.api import Preferences
from meshtui.runtime.known_values import known_values

if TYPE_CHECKING:
    import argparse

    from meshtui.cli.profile import Profile
    from meshtui.runtime.inspection import Recording

_log = logging.getLogger(__name__)


def show(args: argparse.Namespace, recording: Recording) -> int:
    """Show it until the user leaves."""
    profile = load_profile(args, output=Output(as_json=False))
    require_terminal()
    log_to_file(profile.paths.log_file, "debug" if args.verbose else profile.config.log_level)
    code = asyncio.run(_show(recording, args.filter, profile))
    return Exit.DONE if code is None else code


async def _show(recording: Recording, filter_text: str, profile: Profile) -> int | None:
    """Run the application around it."""
    from meshtui.tui.inspect_app import InspectApp

    settle_soon()
    choices = Choices(profile.paths.database_file.with_name("choices.json"))

    def remember(key: str, value: str) -> None:
        try:
            choices.keep(key, value)
        except ConfigError as error:
            # a choice that is forgotten is no reason to disturb anybody
            _log.warning("not remembered: %s", error)

    app = InspectApp(
        recording,
        Preferences(profile.config.theme, profile.config.glyphs, choices.saved),
        profile.paths,
        Path.cwd(),
        remember=remember,
        filter_text=filter_text,
        known_values=known_values,
    )
    return await app.run_to_end(Exit.INTERRUPTED.value)
