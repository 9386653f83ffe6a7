"""The product as an app of the phone: its manifest, its worker, and the page that tells of a missing network."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from webui.i18n import LOCALES, LocaleCode, _, chosen_locale
from webui.security import open_to_all
from webui.static_files import DIST, asset

blueprint = Blueprint("installing", __name__)

_BAR_COLOUR = "#ffffff"
_ICON_COLOUR = "#066fd1"
_ICON_SIZES = (192, 512)


@blueprint.get("/manifest.webmanifest")
@open_to_all
def manifest() -> ResponseReturnValue:
    """What a system needs to install the product: https://www.w3.org/TR/appmanifest/."""
    with force_locale(_asked_language()):
        return _manifest()


def _manifest() -> Response:
    icons = [
        {"src": asset(f"app-icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in _ICON_SIZES
        for purpose in ("any", "maskable")
    ]
    shortcuts = [
        {"name": _("Inbox"), "url": url_for("inbox.show")},
        {"name": _("New deal"), "url": url_for("deals.new")},
        {"name": _("Deals"), "url": url_for("deals.list_deals")},
    ]
    answer = jsonify(
        id="/",
        name="Reglament",
        short_name="Reglament",
        description=_("Regulated sales, executed: your sales map leads every deal."),
        lang=_asked_language(),
        start_url=url_for("home.show"),
        scope="/",
        display="standalone",
        background_color=_BAR_COLOUR,
        theme_color=_ICON_COLOUR,
        icons=icons,
        shortcuts=shortcuts,
    )
    answer.mimetype = "application/manifest+json"
    return answer


@blueprint.get("/service-worker.js")
@open_to_all
def worker() -> Response:
    """Sent from the root: a worker serves the pages below its own address only."""
    answer = send_from_directory(DIST, "service_worker.js", mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/no-network")
@open_to_all
def no_network() -> ResponseReturnValue:
    """The page that the worker keeps and shows in place of any other while there is no network: nobody's data in it."""
    language = _asked_language()
    with force_locale(language):
        return render_template("errors/no_network.html", locale_code=language)


def _asked_language() -> LocaleCode:
    """The language that the address names: browsers ask for these without saying who is signed in."""
    asked = request.args.get("lang")
    return next((known for known in LOCALES if known == asked), chosen_locale())
