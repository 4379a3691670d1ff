"""Property tests repeat the same examples in the gate; MESHTUI_EXPLORE=1 looks for new ones."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("gate", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", database=None, deadline=None)
settings.load_profile("explore" if os.environ.get("MESHTUI_EXPLORE") else "gate")
