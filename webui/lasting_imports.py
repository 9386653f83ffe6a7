"""What a process imports stays until it ends: no garbage is looked for among it, neither meanwhile nor at the end.

The web server imports a third of a million objects. To go through them again and again while they come, and once
more at the end of the process, was a fifth of all that a start and a stop cost.
"""

from __future__ import annotations

import gc


def begin() -> None:
    """Collect nothing until ``end``."""
    gc.disable()


def end() -> None:
    """Collect from now on, of what comes from now on; without ``begin`` the process is somebody else's: nothing."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
