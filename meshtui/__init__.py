"""A terminal client for mesh radio networks.

The floors of the house, ground up; a module imports its own floor or lower ones, never up:

    cli                                   headless commands, and the way into the rest
    tui | sim                             Textual front end | simulated meshes and the demo
    runtime                               the only tasks, timers and queues
    store | transports | networks         SQLite | bytes in and out | protocols, sans-IO
    mesh | crypto | config                network-neutral mechanisms | keys | settings
    model                                 what a mesh is: frozen data
    errors

`networks` turn frames into facts and know no transport; `transports` move bytes and know no
network; they meet in `runtime`. The front ends know `model` and `runtime.api` only.
"""

__version__ = "0.1.0"
