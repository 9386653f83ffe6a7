from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from engine.bpmn.expressions.failures import ExpressionFailed
from engine.bpmn.finding_texts import known_codes
from engine.bpmn.findings import Finding, Severity
from engine.commands.call_results import CallGivenUp
from engine.errors import N_, AlreadyCompleted, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.policy.call_answers import AnswerNotUsable
from webui.failure_words import failure_words
from webui.i18n import _
from webui.incident_texts import EARLIER
from webui.messages import error_text, field_errors, finding_message, finding_remedy


def all_errors(kind: type[DomainError] = DomainError) -> list[type[DomainError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_error_without_its_data_is_still_a_sentence(speaking_app: Flask, kind: type[DomainError]) -> None:
    """Data that is missing leaves a gap; an error while telling an error would leave nothing."""
    for locale in ("uk", "en"):
        with speaking_app.test_request_context(), force_locale(locale):
            error = kind.__new__(kind)
            error.params = {}
            assert "%(" not in error_text(error)


def test_a_conflict_says_in_the_readers_words_where_each_was_said(speaking_app: Flask) -> None:
    params = {"property": "responsible", "used": "Юрист", "used_from": "note", "other": "Продажі", "other_from": "lane"}
    finding = Finding(code="PROPERTY_CONFLICT", severity=Severity.WARNING, params=params)
    with speaking_app.test_request_context(), force_locale("uk"):
        assert "(примітка)" in finding_message(finding)
        assert "(доріжка)" in finding_message(finding)


def test_data_is_written_as_the_reader_writes_it(speaking_app: Flask) -> None:
    error = AlreadyCompleted(by="Олена", at=datetime(2026, 3, 2, 12, 2, tzinfo=UTC))
    with speaking_app.test_request_context(), force_locale("uk"):
        assert error_text(error) == "Уже зроблено: Олена, 14:02."


def test_what_was_expected_is_translated_too(speaking_app: Flask) -> None:
    error = FieldNotUnderstood(value=Decimal("1.5"), expected=N_("a whole number"))
    with speaking_app.test_request_context(), force_locale("uk"):
        assert error_text(error) == "«1,5» не вдалося прочитати. Потрібно: ціле число."


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("HTTP 503", "зараз система не працює (HTTP 503)"),
        ("HTTP 418", "система відхиляє наш запит (HTTP 418)"),
        ("it refuses connections", "не приймає зʼєднань"),
        ("the answer does not give “credit”: порожньо", "відповідь не дає «credit»: порожньо"),
        (
            str(AnswerNotUsable(name="credit", problem=ExpressionFailed(text="answer.sum / 0"))),
            "відповідь не дає «credit»: Вираз «answer.sum / 0» не має відповіді для цих даних.",
        ),
        (
            str(FieldNotUnderstood(value="багато", expected=N_("a whole number"))),
            "«багато» не вдалося прочитати. Потрібно: ціле число.",
        ),
        ("Немає товару на складі", "Немає товару на складі"),
    ],
)
def test_why_a_call_failed_is_told_in_the_readers_language(speaking_app: Flask, kept: str, told: str) -> None:
    with speaking_app.test_request_context(), force_locale("uk"):
        assert failure_words(kept) == told
        given_up = error_text(CallGivenUp(target="POST crm.example.com", attempts=1, reason=kept))
    assert (
        given_up == f"звернення до іншої системи (POST crm.example.com) не вдалося, спроб: 1. Остання причина: {told}"
    )


def test_failures_that_an_earlier_version_recorded_are_still_translated(speaking_app: Flask) -> None:
    with speaking_app.test_request_context(), force_locale("uk"):
        assert all(_(text) != text for text in EARLIER)


def test_errors_of_fields_are_told_by_field(speaking_app: Flask) -> None:
    several = InvalidInput({"title": FieldRequired(label="Назва"), "amount": FieldRequired(label="Сума")})
    with speaking_app.test_request_context(), force_locale("uk"):
        assert field_errors(several) == {"title": "Заповніть поле «Назва».", "amount": "Заповніть поле «Сума»."}
        assert field_errors(FieldRequired("title", label="Назва")) == {"title": "Заповніть поле «Назва»."}
        assert field_errors(FieldRequired(label="Назва")) == {}


@pytest.mark.parametrize("code", sorted(known_codes()))
def test_finding_is_told_with_its_remedy_in_both_languages(speaking_app: Flask, code: str) -> None:
    finding = Finding(code=code, severity=Severity.ERROR)
    told = {}
    for locale in ("uk", "en"):
        with speaking_app.test_request_context(), force_locale(locale):
            told[locale] = (finding_message(finding), finding_remedy(finding))
    assert all("%(" not in text and text for pair in told.values() for text in pair)
    assert told["uk"][0] != told["en"][0]
