"""gunicorn's settings, once nothing changes them any more."""

from __future__ import annotations

from typing import Any


def settle(config: Any) -> None:
    """Let each setting stand in ``config`` as an attribute of its own.

    gunicorn reads some twenty of them with each request, and looks for each by two functions. What is set afterwards by
    ``config.set`` is not seen.
    """
    vars(config).update({name: setting.get() for name, setting in config.settings.items()})
