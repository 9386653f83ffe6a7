"""Forms in every notation: what is asked, and that what cannot be had is said."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest
from support.drawn_maps import END, START, chain, drawn, element

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.findings import Finding, Severity

FORM_CODES = ("FORM_", "FIELD_", "TABLE_TOO", "START_FORM")


def compile_step(
    inner: str, *, process: str = "", files: dict[str, bytes] | None = None, **task: str
) -> CompileOutcome:
    step = element("userTask", "t", "Крок", inner, **task)
    xml = drawn(process, START, step, END, chain("start", "t", "end"))
    return compile_bpmn({"map.bpmn": xml, **(files or {})})


def fields_of(outcome: CompileOutcome) -> dict[str, FieldDefinition]:
    assert outcome.process is not None, outcome.findings
    return {field.name: field for field in outcome.process.steps["t"].fields}


def notices(outcome: CompileOutcome) -> list[tuple[str, str]]:
    return [(one.code, one.params.get("field", "")) for one in form_findings(outcome)]


def form_findings(outcome: CompileOutcome) -> list[Finding]:
    return [one for one in outcome.findings if one.code.startswith(FORM_CODES)]


def own(*fields: str) -> str:
    return f"<extensionElements>{''.join(fields)}</extensionElements>"


def form_js(*components: dict[str, Any]) -> CompileOutcome:
    form = escape(json.dumps({"id": "f", "components": list(components)}))
    embedded = f'<extensionElements><zeebe:userTaskForm id="f">{form}</zeebe:userTaskForm></extensionElements>'
    return compile_step(own('<zeebe:formDefinition formId="f"/>'), process=embedded)


def schema_form(schema: Any, looks: Any = None) -> CompileOutcome:
    named = (
        '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="offer-schema.json"/>'
        '<spiffworkflow:property name="formUiSchemaFilename" value="offer-ui.json"/></spiffworkflow:properties>'
    )
    files = {"offer-schema.json": json.dumps(schema).encode(), "offer-ui.json": json.dumps(looks or {}).encode()}
    return compile_step(own(named), files=files)


def test_own_fields_say_everything_about_themselves() -> None:
    outcome = compile_step(
        own(
            '<reglament:field name="goods" label="Товари" type="lines" required="true" max="50">'
            '<reglament:column name="item" label="Назва" required="true"/>'
            '<reglament:column name="price" label="Ціна" type="money" min="0"/>'
            '<reglament:column name="sum" label="Сума" type="calculated" formula="= price * 2" shown_as="money"'
            ' total="true"/></reglament:field>',
            '<reglament:field name="plain" type="lines"/>',
            '<reglament:field name="deal.amount" label="Разом" type="calculated" formula="= sum(goods.sum)"'
            ' shown_as="money"/>',
            '<reglament:field name="why" type="long_text" visible_if="= deal.amount > 1000" placeholder="Коротко"/>',
            '<reglament:field name="due" type="date" default="= today"/>',
        )
    )
    fields = fields_of(outcome)
    goods = fields["goods"]
    assert [(one.name, one.type, one.total) for one in goods.columns] == [
        ("item", FieldType.TEXT, False),
        ("price", FieldType.MONEY, False),
        ("sum", FieldType.CALCULATED, True),
    ]
    assert (goods.columns[2].formula, goods.columns[2].shown_as) == ("= price * 2", FieldType.MONEY)
    assert [one.name for one in fields["plain"].columns] == ["item", "quantity", "price", "discount", "sum"]
    assert fields["deal.amount"].formula == "= sum(goods.sum)"
    assert (fields["why"].visible_if, fields["why"].placeholder) == ("= deal.amount > 1000", "Коротко")
    assert fields["due"].default == "= today"
    assert form_findings(outcome) == []


@pytest.mark.parametrize(
    ("field", "code", "severity"),
    [
        ('name="x" type="signature_pad"', "FIELD_TYPE_UNKNOWN", Severity.WARNING),
        ('label="Без імені"', "FIELD_WITHOUT_NAME", Severity.WARNING),
        ('name="x" pattern="(a+)+b"', "FIELD_PATTERN_REFUSED", Severity.WARNING),
        ('name="x" pattern="(("', "FIELD_PATTERN_REFUSED", Severity.WARNING),
        ('name="x" type="choice"', "FIELD_CHOICES_MISSING", Severity.WARNING),
        ('name="x" type="number" max="багато"', "FIELD_LIMIT_NOT_UNDERSTOOD", Severity.WARNING),
        ('name="x" type="yes_no" max="5"', "FIELD_RULE_IGNORED", Severity.WARNING),
        ('name="x" type="money" default="половина"', "FIELD_DEFAULT_NOT_UNDERSTOOD", Severity.WARNING),
        ('name="x" type="choice" choices="a=А" default="b"', "FIELD_DEFAULT_NOT_UNDERSTOOD", Severity.WARNING),
        ('name="x" default="= import(1)"', "FIELD_DEFAULT_NOT_UNDERSTOOD", Severity.WARNING),
        ('name="x" visible_if="знижка велика"', "FIELD_CONDITION_NOT_UNDERSTOOD", Severity.WARNING),
        ('name="x" type="calculated"', "FIELD_FORMULA_NOT_UNDERSTOOD", Severity.ERROR),
        ('name="x" formula="= sum("', "FIELD_FORMULA_NOT_UNDERSTOOD", Severity.ERROR),
        ('name="x" formula="= x + 1"', "FIELD_CIRCLE", Severity.ERROR),
    ],
)
def test_what_is_wrong_with_a_field_is_said(field: str, code: str, severity: Severity) -> None:
    outcome = compile_step(own(f"<reglament:field {field}/>"))
    assert [(one.code, one.severity) for one in form_findings(outcome)] == [(code, severity)]


def test_two_fields_of_one_name_are_told() -> None:
    outcome = compile_step(
        own('<reglament:field name="x" label="Перше"/>', '<reglament:field name="x" label="Друге"/>')
    )
    assert fields_of(outcome)["x"].label == "Перше"
    assert notices(outcome) == [("FIELD_TWICE", "x")]


def test_camunda_fields_keep_their_constraints_and_properties() -> None:
    outcome = compile_step(
        own(
            '<camunda:formData><camunda:formField id="code" label="Код" type="string" defaultValue="UA">'
            '<camunda:properties><camunda:property id="pattern" value="[A-Z]{2}"/>'
            '<camunda:property id="help" value="Дві літери"/><camunda:property id="other_tool" value="1"/>'
            "</camunda:properties><camunda:validation>"
            '<camunda:constraint name="minlength" config="2"/><camunda:constraint name="maxlength" config="2"/>'
            '<camunda:constraint name="validator" config="com.acme.Code"/></camunda:validation></camunda:formField>'
            '<camunda:formField id="sum" label="Сума" type="long" defaultValue="${deal.amount}">'
            '<camunda:validation><camunda:constraint name="readonly"/></camunda:validation></camunda:formField>'
            "</camunda:formData>"
        )
    )
    fields = fields_of(outcome)
    code = fields["code"]
    assert (code.minimum, code.maximum, code.pattern, code.help) == ("2", "2", "[A-Z]{2}", "Дві літери")
    assert (fields["sum"].type, fields["sum"].shown_as) == (FieldType.READ_ONLY, FieldType.NUMBER)
    assert fields["sum"].default == "${deal.amount}"
    assert notices(outcome) == [("FIELD_RULE_IGNORED", "Код")]


def test_components_of_camunda_8_become_fields() -> None:
    outcome = form_js(
        {"type": "text", "id": "intro", "text": "## Умови\n**Уважно**"},
        {"type": "textfield", "key": "code", "label": "Код", "validate": {"pattern": "^[A-Z]+$", "minLength": 2}},
        {"type": "textfield", "key": "mail", "validate": {"validationType": "email", "required": True}},
        {
            "type": "number",
            "key": "discount",
            "label": "Знижка",
            "appearance": {"suffixAdorner": "%"},
            "defaultValue": 5,
        },
        {"type": "number", "key": "advance", "appearance": {"prefixAdorner": "₴"}, "validate": {"min": 0, "max": 100}},
        {"type": "datetime", "key": "day", "subtype": "date", "dateLabel": "День"},
        {"type": "datetime", "key": "at", "subtype": "datetime", "dateLabel": "Коли"},
        {"type": "datetime", "key": "hour", "subtype": "time", "timeLabel": "Година"},
        {"type": "taglist", "key": "marks", "values": [{"value": "a", "label": "А"}]},
        {"type": "select", "key": "store", "label": "Склад", "valuesKey": "stores"},
        {
            "type": "group",
            "label": "Доставка",
            "conditional": {"hide": '=mode = "self"'},
            "components": [{"type": "textarea", "key": "address", "conditional": {"hide": "=discount > 9"}}],
        },
        {"type": "expression", "key": "total", "expression": "=advance * 2"},
        {
            "type": "dynamiclist",
            "path": "goods",
            "label": "Товари",
            "components": [
                {"type": "textfield", "key": "item", "label": "Назва"},
                {"type": "number", "key": "price", "label": "Ціна"},
                {"type": "image", "source": "x"},
            ],
        },
        {"type": "table", "dataSource": "=offers", "columns": [{"key": "who", "label": "Хто"}]},
        {"type": "textfield", "key": "shown", "readonly": True},
        {"type": "button", "label": "Готово"},
        {"type": "filepicker", "key": "scan", "label": "Скан", "multiple": True, "accept": ".pdf,image/*"},
    )
    fields = fields_of(outcome)
    assert {name: field.type for name, field in fields.items()} == {
        "intro": FieldType.READ_ONLY,
        "code": FieldType.TEXT,
        "mail": FieldType.EMAIL,
        "discount": FieldType.PERCENT,
        "advance": FieldType.MONEY,
        "day": FieldType.DATE,
        "at": FieldType.MOMENT,
        "hour": FieldType.TEXT,
        "marks": FieldType.MANY,
        "store": FieldType.CHOICE,
        "address": FieldType.LONG_TEXT,
        "total": FieldType.CALCULATED,
        "goods": FieldType.LINES,
        "offers": FieldType.READ_ONLY,
        "shown": FieldType.READ_ONLY,
        "scan": FieldType.FILE,
    }
    assert (fields["scan"].several, fields["scan"].accept) == (True, ".pdf,image/*")
    assert fields["intro"].default == "Умови Уважно"
    assert fields["code"].pattern == "[A-Z]+"
    assert fields["mail"].required
    assert fields["discount"].default == "5"
    assert fields["address"].visible_if == '= if ((mode = "self") or (discount > 9)) then false else true'
    assert [one.name for one in fields["goods"].columns] == ["item", "price"]
    assert (fields["offers"].shown_as, fields["offers"].columns[0].label) == (FieldType.LINES, "Хто")
    assert sorted(notices(outcome)) == [
        ("FIELD_CHOICES_MISSING", "Склад"),
        ("FIELD_LEFT_OUT", "image"),
    ]


def test_a_json_schema_and_its_looks_become_fields() -> None:
    outcome = schema_form(
        {
            "type": "object",
            "title": "Пропозиція",
            "required": ["title", "goods"],
            "definitions": {"mail": {"type": "string", "format": "email"}},
            "properties": {
                "note": {"type": "string"},
                "title": {"type": "string", "title": "Назва", "minLength": 3, "pattern": "^[А-Я]"},
                "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 9, "default": 2},
                "until": {"type": "string", "format": "date"},
                "urgent": {"type": "boolean"},
                "terms": {"type": "string", "enum": ["a", "b"], "enumNames": ["Передоплата", "Відстрочка"]},
                "marks": {"type": "array", "uniqueItems": True, "items": {"oneOf": [{"const": "x", "title": "Ікс"}]}},
                "mail": {"$ref": "#/definitions/mail"},
                "address": {"type": "object", "properties": {"city": {"type": "string", "title": "Місто"}}},
                "goods": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}},
                },
                "odd": {"type": "string", "not": {"const": "x"}},
            },
        },
        {"ui:order": ["title", "*"], "note": {"ui:widget": "textarea", "ui:help": "Для юриста", "ui:placeholder": "…"}},
    )
    fields = fields_of(outcome)
    assert next(iter(fields)) == "title"
    assert (fields["title"].label, fields["title"].required, fields["title"].minimum) == ("Назва", True, "3")
    assert fields["title"].pattern == "[А-Я].*"
    note = fields["note"]
    assert (note.type, note.help, note.placeholder) == (FieldType.LONG_TEXT, "Для юриста", "…")
    assert (fields["count"].type, fields["count"].maximum, fields["count"].default) == (FieldType.NUMBER, "9", "2")
    kinds = {name: fields[name].type.value for name in ("until", "urgent", "terms", "marks", "mail", "goods")}
    assert kinds == {
        "until": "date",
        "urgent": "yes_no",
        "terms": "choice",
        "marks": "many",
        "mail": "email",
        "goods": "lines",
    }
    assert fields["terms"].choices[0].label == "Передоплата"
    assert fields["address_city"].label == "Місто"
    assert (fields["goods"].minimum, fields["goods"].columns[0].required) == ("1", True)
    assert notices(outcome) == [("FIELD_RENAMED", "address.city"), ("FIELD_RULE_IGNORED", "odd")]


def test_a_form_that_is_not_in_the_upload_is_missed_aloud() -> None:
    missing = compile_step("", files={}, **{"camunda:formKey": "embedded:app:forms/offer.html"})
    assert [one.code for one in form_findings(missing)] == ["FORM_NOT_FOUND"]
    found = compile_step(
        "",
        files={"offer.form": json.dumps({"components": [{"type": "textfield", "key": "x"}]}).encode()},
        **{"camunda:formRef": "offer"},
    )
    assert fields_of(found).keys() == {"x"}
    assert form_findings(found) == []


_DEEP: Any = {"type": "group", "components": []}
for _ in range(400):
    _DEEP = {"type": "group", "components": [_DEEP]}


@pytest.mark.parametrize(
    "components",
    [
        [_DEEP],
        [{"type": "textfield", "key": f"f{number}"} for number in range(3_000)],
        [{"type": {"a": 1}, "key": 5, "label": ["x"], "validate": "x", "values": {"a": 1}, "conditional": 7}],
        [{"type": "dynamiclist", "path": 5, "components": [None, 5, {"type": "dynamiclist", "components": [_DEEP]}]}],
        [{"type": "textfield", "key": "x" * 5_000}, "x", None, 5, ["x"]],
        {"type": "textfield"},
    ],
)
def test_a_hostile_form_is_read_as_far_as_it_goes(components: Any) -> None:
    outcome = form_js(*components) if isinstance(components, list) else form_js({"components": components})
    assert outcome.process is not None
    assert len(outcome.process.steps["t"].fields) <= 200
    assert form_findings(outcome)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#/properties/a"}}},
        {"properties": {"a": {"$ref": "http://elsewhere/schema"}}},
        {"properties": {"a": {"type": "object", "properties": {"b": {"$ref": "#"}}}}},
        {"properties": {"a": {"type": "array", "items": {"type": "array", "items": 5}}, "b": 5, "c": {"enum": {}}}},
        {"properties": {f"f{number}": {} for number in range(1_000)}, "required": {"x": 1}},
    ],
)
def test_a_hostile_schema_is_read_as_far_as_it_goes(schema: Any) -> None:
    outcome = schema_form(schema)
    assert outcome.process is not None
    assert form_findings(outcome)
