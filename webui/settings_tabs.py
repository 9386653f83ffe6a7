"""The pages of the settings: everybody's own ones first, then the administrator's."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import N_
from engine.policy.permissions import Ability, may
from webui.request_context import actor


@dataclass(frozen=True, slots=True)
class SettingsTab:
    """``section`` is the blueprint whose pages light the tab up."""

    endpoint: str
    section: str
    label: str
    ability: Ability | None = None


@dataclass(frozen=True, slots=True)
class SettingsGroup:
    name: str
    tabs: tuple[SettingsTab, ...]


_TABS = (
    SettingsTab("settings.show", "settings", N_("My profile")),
    SettingsTab("mail_settings.show", "mail_settings", N_("Notices")),
    SettingsTab("deadline_feeds.show", "deadline_feeds", N_("Deadlines in my calendar")),
    SettingsTab("substitutions.show", "substitutions", N_("Substitutions")),
    SettingsTab("authenticators.show", "authenticators", N_("Authenticator application")),
    SettingsTab("tokens.show", "tokens", N_("API tokens")),
    SettingsTab("sign_in_settings.show", "sign_in_settings", N_("Sign-in"), Ability.MANAGE_PEOPLE),
    SettingsTab("calendars.list_calendars", "calendars", N_("Working calendars"), Ability.MANAGE_CALENDARS),
    SettingsTab("own_fields.show", "own_fields", N_("Own fields"), Ability.MANAGE_FIELDS),
    SettingsTab("loss_reasons.show", "loss_reasons", N_("Reasons of loss"), Ability.MANAGE_LOSS_REASONS),
    SettingsTab("rates.show", "rates", N_("Currency"), Ability.MANAGE_RATES),
    SettingsTab("letter_templates.show", "letter_templates", N_("Texts of letters"), Ability.MANAGE_LETTER_TEMPLATES),
    SettingsTab("webhooks.show", "webhooks", N_("Webhooks"), Ability.MANAGE_WEBHOOKS),
    SettingsTab("connectors.show", "connectors", N_("Connectors"), Ability.MANAGE_CONNECTORS),
    SettingsTab("seal.show", "seal", N_("Signatures and seal"), Ability.MANAGE_SEAL),
    SettingsTab("journal.show", "journal", N_("Journal"), Ability.SEE_JOURNAL),
    SettingsTab("incidents.show", "incidents", N_("Failures"), Ability.RETRY_INCIDENT),
    SettingsTab("machinery.show", "machinery", N_("Machinery"), Ability.RETRY_INCIDENT),
)


def settings_groups() -> tuple[SettingsGroup, ...]:
    """The tabs that are open to who asks: everybody's own, and what is the same for the whole company."""
    company = tuple(tab for tab in _TABS if tab.ability is not None and may(actor(), tab.ability))
    own = SettingsGroup(N_("Mine"), tuple(tab for tab in _TABS if tab.ability is None))
    return (own, SettingsGroup(N_("Company"), company)) if company else (own,)
