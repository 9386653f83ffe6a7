"""Take the pictures of the documentation: the product itself, in Chromium, on its demo company.

``PYTHONPATH=tests .venv/bin/python tools/screenshots.py`` loads a demo company into a folder of its own, which takes a
few minutes; with ``--var FOLDER`` it takes the company that is there, or loads one there and keeps it.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, Page, ViewportSize, expect, sync_playwright
from support.servers import chromium, free_port

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REGLAMENT = Path(sys.executable).with_name("reglament")
MOST_BYTES = 200_000
SIZE = ViewportSize(width=1280, height=800)
COLOURS = 256
START_TIMEOUT_MS = 60_000
PAUSE_MS = 250
_SALE = "Продаж B2B"
_APPROVING = "Погодити договір: юристи"


def inbox(page: Page) -> None:
    """A manager's day, with a step opened beside it."""
    sign_in(page, "olena")
    page.locator("[data-row]").first.click()
    expect(page.locator("[data-pane]")).to_be_visible()


def deal(page: Page) -> None:
    """A deal that waits for the three departments, found as the lawyer finds it."""
    sign_in(page, "iryna")
    page.goto("/inbox?tab=groups")
    page.locator("[data-row]", has_text=_APPROVING).first.click()
    page.locator("[data-pane] .pane-title p a").first.click()
    expect(page.locator(".chevron").first).to_be_visible()


def sales_map(page: Page) -> None:
    """The sale as its owner sees it: the drawing, what was noticed, the table of steps."""
    sign_in(page, "owner")
    page.goto("/maps")
    page.get_by_role("region", name=_SALE).locator("a.row-link").first.click()
    expect(page.locator(".map-drawing svg .djs-shape").first).to_be_visible()


PICTURES: dict[str, Callable[[Page], None]] = {"inbox": inbox, "deal": deal, "sales-map": sales_map}


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.locator(f"button.demo-person[value={login}]").click()
    expect(page.locator("button.demo-person")).to_have_count(0)


@contextmanager
def served(var: Path) -> Iterator[str]:
    """The address of a server over the demo company in ``var``, which is loaded first if it is not there."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "REGLAMENT_VAR": str(var),
        "REGLAMENT_DEMO": "1",
        "LOCALE_DEFAULT": "uk",
        "PORT": str(port),
    }
    if not (var / "reglament.sqlite").exists():
        subprocess.run([REGLAMENT, "demo"], env=environment, check=True)  # noqa: S603  # our own program
    server = subprocess.Popen([REGLAMENT, "web"], env=environment)  # noqa: S603  # our own program
    try:
        yield address
    finally:
        server.terminate()
        server.wait()


def take(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, arrange in PICTURES.items():
            with browser.new_context(
                base_url=address, viewport=SIZE, locale="uk", color_scheme="light", reduced_motion="reduce"
            ) as context:
                page = context.new_page()
                wait_until_served(page)
                arrange(page)
                page.wait_for_load_state("networkidle")
                keep(name, page.screenshot(animations="disabled", caret="hide"))
        browser.close()


def wait_until_served(page: Page) -> None:
    """Raises TimeoutError when the server is not healthy within a minute."""
    for _ in range(START_TIMEOUT_MS // PAUSE_MS):
        try:
            if page.request.get("/healthz").ok:
                return
        except Error:  # nobody listens yet
            pass
        page.wait_for_timeout(PAUSE_MS)
    msg = "The server did not become healthy"
    raise TimeoutError(msg)


def keep(name: str, png: bytes) -> None:
    """Write the picture with a palette, which shows a page as well in a third of the bytes."""
    file = IMAGES / f"{name}.png"
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(COLOURS).save(file, optimize=True)
    size = file.stat().st_size
    if size > MOST_BYTES:
        msg = f"{file.name} has {size} bytes; {MOST_BYTES} is the most"
        raise ValueError(msg)
    sys.stdout.write(f"{file.relative_to(ROOT)}: {size} bytes\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", type=Path, help="the folder of a demo company, kept afterwards")
    given: Path | None = parser.parse_args().var
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own, served(given or Path(own)) as address:
        take(address)


if __name__ == "__main__":
    main()
