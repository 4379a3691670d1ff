"""Settings: one TOML file, the environment and the command line, read once into frozen data.

Nearest wins: command line, `MESHTUI_*` environment, file, default. `OPTIONS` is the only list of
what can be set: the checks, the documented first file and `--print-config` all come from it. An
unknown key is refused with the nearest known one, so that a typing error never passes for a
setting. Whatever is wrong becomes a `ConfigError` that names file and key.

The packet capture service has a table of its own (`capture_keys`), as its settings are also read
from the INI file that other programs run with, where one bad broker must not stop the others and
an unknown key is only remarked on.
"""
