"""What a browser says of itself, in two words that its owner recognises: "Firefox, Windows"."""

from __future__ import annotations

import re

_LONGEST_PROGRAM = 40
_BROWSERS = (  # the first that fits: most of them say that they are Chrome and Safari as well
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"YaBrowser/"), "Yandex"),
    (re.compile(r"Vivaldi/"), "Vivaldi"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/|Chromium/"), "Chrome"),
    (re.compile(r"Version/[\d.]+ .*Safari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"iPhone|iPod"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)
_PROGRAM = re.compile(r"[A-Za-z][\w.+-]*(?:/[\w.+-]+)?")


def browser_name(user_agent: str) -> str:
    """The browser and its system, as far as they are known; of another program its own first word; "" for nothing."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if not browser:
        program = _PROGRAM.match(user_agent)
        browser = program[0][:_LONGEST_PROGRAM] if program is not None and not system else ""
    return ", ".join(word for word in (browser, system) if word)


def _first(known: tuple[tuple[re.Pattern[str], str], ...], user_agent: str) -> str:
    return next((name for pattern, name in known if pattern.search(user_agent)), "")
