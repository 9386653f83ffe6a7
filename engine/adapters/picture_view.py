"""Pictures that browsers do not show, made into one that they do: photographs of an iPhone, scans as TIFF.

Decoding what strangers send is left to a child process that the system stops, as compiling a map is: it holds no
secrets, has little time and memory, and answers with a JPEG or not at all.
"""

from __future__ import annotations

import contextlib
import io
import logging
import resource
import signal
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

import engine

LONGEST_SIDE = 2_400
"""Pixels of what is shown; the file itself can be downloaded as it is."""
MOST_PIXELS = 80_000_000
"""Of the file's picture. An iPhone's largest photograph has 48 millions."""
_CPU_SECONDS = 15
_MEMORY_BYTES = 1024 * 1024 * 1024
_WALL_SECONDS = 20
_START_SECONDS = 15.0  # for a busy machine to start Python, before the limits begin to count
_AT_ONCE = 2
_QUALITY = 82
_FORMATS = ("HEIF", "TIFF")
_log = logging.getLogger(__name__)
_turns = BoundedSemaphore(_AT_ONCE)


class PictureNotMade(Exception):
    """The file is damaged, too large, of a kind that is not read here, or too many are being made just now."""


def picture_of(content: bytes) -> bytes:
    """The first picture of a HEIC or TIFF file as a JPEG, upright, its long side at most LONGEST_SIDE pixels.

    Raises PictureNotMade.
    """
    if not _turns.acquire(timeout=_WALL_SECONDS):
        raise PictureNotMade
    try:
        return _ask_child(content)
    finally:
        _turns.release()


def _ask_child(content: bytes) -> bytes:
    root = Path(engine.__file__).resolve().parent.parent
    child = subprocess.Popen(  # our own interpreter and module, no text from outside
        [sys.executable, "-P", "-m", "engine.adapters.picture_view"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
        close_fds=True,
    )
    try:
        picture, _ = child.communicate(content, timeout=_WALL_SECONDS + _START_SECONDS)
    except subprocess.TimeoutExpired:
        raise PictureNotMade from None
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()
    if child.returncode or not picture:
        _log.info("a picture of %s bytes could not be made into one to look at: %s", len(content), child.returncode)
        raise PictureNotMade
    return picture


def _limit_self() -> None:
    """Limits count from here: loading the libraries is not the picture's fault."""
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    for kind, value in (
        (resource.RLIMIT_CPU, used + _CPU_SECONDS),
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        # A system without that limit, or one that is stricter already, is no reason not to work.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
    signal.alarm(_WALL_SECONDS)  # nobody catches it: the child dies


def _main() -> None:
    from pi_heif import register_heif_opener  # noqa: PLC0415  # the child's alone, and not small
    from PIL import Image, ImageOps  # noqa: PLC0415

    register_heif_opener(thumbnails=False)
    Image.init()
    content = sys.stdin.buffer.read()
    _limit_self()
    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            sys.exit(1)
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        made = io.BytesIO()
        upright.convert("RGB").save(made, "JPEG", quality=_QUALITY)
    sys.stdout.buffer.write(made.getvalue())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
