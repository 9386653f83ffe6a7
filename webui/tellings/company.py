"""How the events of the company are told: people, departments, calendars, access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from webui.i18n import _, ngettext
from webui.one_currency import numeric_day, rate_number
from webui.tellings.words import Telling, readable


def _host(data: Mapping[str, Any]) -> str:
    return str(data["provider"]).removeprefix("https://")


def _account(data: Mapping[str, Any], at: int) -> str:
    """What the account is called before (0) or after (1)."""
    return str(data["changes"].get("account", ("", ""))[at]) or "—"


def _rate_places(data: Mapping[str, Any]) -> dict[str, str]:
    """What the events of rates tell, as the page of rates writes it."""
    rates = {name: rate_number(Decimal(data[name])) for name in ("rate", "previous") if data.get(name)}
    day = numeric_day(date.fromisoformat(data["day"]))
    return {"currency": data["currency"], "into": data["into"], "day": day} | rates


def _currency_chosen(data: Mapping[str, Any]) -> str:
    if not data["currency"]:
        return _("Sums are shown by currency alone")
    if data["asks_bank"]:
        return _("Sums are added up in %(currency)s, at the National Bank’s rates", currency=data["currency"])
    return _("Sums are added up in %(currency)s", currency=data["currency"])


def _rate_set(data: Mapping[str, Any]) -> str:
    places = _rate_places(data)
    if "previous" in places:
        said = _("Rate of %(currency)s on %(day)s: %(rate)s %(into)s instead of %(previous)s", **places)
    else:
        said = _("Rate of %(currency)s on %(day)s: %(rate)s %(into)s", **places)
    return f"{said} ({_('National Bank')})" if data["source"] == "national_bank" else said


TELLINGS: Mapping[str, Telling] = {
    "person_added": Telling("user-plus", "neutral", lambda data: _("Person “%(name)s” added", name=data["login"])),
    "person_changed": Telling("edit", "neutral", lambda _data: _("Person changed")),
    "password_set": Telling("key", "neutral", lambda _data: _("Password set")),
    "password_link_made": Telling(
        "key",
        "neutral",
        lambda data: _("Link for a password sent by mail") if data["by_mail"] else _("Link for a password made"),
    ),
    "account_linked": Telling(
        "link",
        "neutral",
        lambda data: _(
            "Account of %(provider)s connected for signing in: %(account)s",
            provider=_host(data),
            account=_account(data, 1),
        ),
    ),
    "account_unlinked": Telling(
        "unlink",
        "warning",
        lambda data: _(
            "Account of %(provider)s signs in no more: %(account)s",
            provider=_host(data),
            account=_account(data, 0),
        ),
    ),
    "passwords_closed": Telling(
        "lock",
        "warning",
        lambda data: _("Who is connected with %(provider)s signs in by it alone", provider=_host(data)),
    ),
    "passwords_opened": Telling("key", "warning", lambda _data: _("Passwords sign everybody in again")),
    "saved_report_changed": Telling("mail", "neutral", lambda _data: _("Saved report changed")),
    "mail_choices_set": Telling("mail", "neutral", lambda _data: _("Choice of letters changed")),
    "telegram_linked": Telling("brand-telegram", "neutral", lambda _data: _("Chat in Telegram linked")),
    "telegram_unlinked": Telling("brand-telegram", "warning", lambda _data: _("Chat in Telegram linked no more")),
    "letter_sent_again": Telling("mail", "neutral", lambda _data: _("A letter that had not arrived is sent again")),
    "substitution_set": Telling(
        "users",
        "neutral",
        lambda data: _(
            "Substitution from %(since)s to %(until)s",
            since=readable(data["starts_on"]),
            until=readable(data["ends_on"]),
        ),
    ),
    "substitution_ended": Telling("users", "neutral", lambda _data: _("Substitution ended")),
    "department_added": Telling(
        "users-group", "neutral", lambda data: _("Department “%(name)s” added", name=data["name"])
    ),
    "department_changed": Telling("edit", "neutral", lambda _data: _("Department changed")),
    "department_archived": Telling(
        "eye-off", "warning", lambda data: _("Department “%(name)s” archived", name=data["name"])
    ),
    "department_restored": Telling(
        "refresh", "neutral", lambda data: _("Department “%(name)s” in use again", name=data["name"])
    ),
    "department_deleted": Telling(
        "trash", "warning", lambda data: _("Department “%(name)s” deleted: it was never used", name=data["name"])
    ),
    "calendar_archived": Telling(
        "eye-off", "warning", lambda data: _("Calendar “%(name)s” archived", name=data["name"])
    ),
    "calendar_restored": Telling(
        "refresh", "neutral", lambda data: _("Calendar “%(name)s” in use again", name=data["name"])
    ),
    "calendar_deleted": Telling(
        "trash", "warning", lambda data: _("Calendar “%(name)s” deleted: it was never used", name=data["name"])
    ),
    "calendar_changed": Telling("calendar", "neutral", lambda _data: _("Working calendar changed")),
    "authenticator_added": Telling("shield-check", "good", lambda _data: _("Authenticator application set up")),
    "authenticator_removed": Telling("shield-check", "warning", lambda _data: _("Authenticator application removed")),
    "recovery_code_used": Telling(
        "key",
        "warning",
        lambda data: ngettext(
            "Recovery code used, %(num)s is left", "Recovery code used, %(num)s are left", data["left"]
        ),
    ),
    "token_created": Telling(
        "key",
        "neutral",
        lambda data: _("Token “%(name)s” made", name=data["name"]) if data["name"] else _("Token made"),
    ),
    "token_revoked": Telling("key", "neutral", lambda _data: _("Token revoked")),
    "deadline_feed_made": Telling(
        "calendar-due", "neutral", lambda _data: _("Address of the calendar with deadlines made")
    ),
    "deadline_feed_withdrawn": Telling(
        "calendar-due", "neutral", lambda _data: _("Address of the calendar with deadlines withdrawn")
    ),
    "control_looked": Telling(
        "checks", "good", lambda data: _("Looked through the daily control of %(day)s", day=readable(data["day"]))
    ),
    "watch_started": Telling(
        "eye", "neutral", lambda data: _("Watches the deal %(number)s", number=data["deal_number"])
    ),
    "watch_ended": Telling(
        "eye-off", "neutral", lambda data: _("Watches the deal %(number)s no longer", number=data["deal_number"])
    ),
    "own_field_added": Telling("layout-list", "neutral", lambda data: _("Field “%(name)s” added", name=data["label"])),
    "own_field_changed": Telling(
        "layout-list", "neutral", lambda data: _("Field “%(name)s” changed", name=data["label"])
    ),
    "own_field_retired": Telling(
        "layout-list", "warning", lambda data: _("Field “%(name)s” taken out of use", name=data["label"])
    ),
    "own_field_restored": Telling(
        "layout-list", "neutral", lambda data: _("Field “%(name)s” in use again", name=data["label"])
    ),
    "loss_reason_added": Telling(
        "thumb-down", "neutral", lambda data: _("Reason of loss “%(name)s” added", name=data["name"])
    ),
    "loss_reason_renamed": Telling(
        "thumb-down",
        "neutral",
        lambda data: _("Reason of loss “%(old)s” renamed to “%(new)s”", old=data["previous"], new=data["name"]),
    ),
    "loss_reason_moved": Telling(
        "thumb-down",
        "neutral",
        lambda data: _("Reason of loss “%(name)s” moved to place %(place)s", name=data["name"], place=data["place"]),
    ),
    "loss_reason_archived": Telling(
        "thumb-down", "warning", lambda data: _("Reason of loss “%(name)s” archived", name=data["name"])
    ),
    "loss_reason_restored": Telling(
        "thumb-down", "neutral", lambda data: _("Reason of loss “%(name)s” in use again", name=data["name"])
    ),
    "letter_template_added": Telling(
        "mail", "neutral", lambda data: _("Text of letters “%(name)s” added", name=data["name"])
    ),
    "letter_template_changed": Telling(
        "mail", "neutral", lambda data: _("Text of letters “%(name)s” changed", name=data["name"])
    ),
    "letter_template_removed": Telling(
        "mail", "warning", lambda data: _("Text of letters “%(name)s” removed", name=data["name"])
    ),
    "company_currency_chosen": Telling("currency-hryvnia", "neutral", _currency_chosen),
    "exchange_rate_set": Telling("currency-hryvnia", "neutral", _rate_set),
    "exchange_rate_removed": Telling(
        "currency-hryvnia",
        "warning",
        lambda data: _("Rate of %(currency)s on %(day)s removed: %(rate)s %(into)s", **_rate_places(data)),
    ),
    "webhook_added": Telling("link", "neutral", lambda data: _("Webhook to %(url)s added", url=data["url"])),
    "webhook_tried_again": Telling(
        "refresh", "neutral", lambda data: _("Webhook to %(url)s tried again", url=data["url"])
    ),
    "webhook_removed": Telling("link", "neutral", lambda _data: _("Webhook removed")),
}
