"""What a column of somebody's list of clients means, told by its heading as people and other systems write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.errors import N_
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import KnownField
from engine.policy.search_keys import fold

OWN_OF_CLIENT = "client.fields."
OWN_OF_CONTACT = "contact.fields."
"""Before the names of the company's own fields in the meaning of a column."""
NOTE = "note"
KEPT_AS_NOTE = "heading_note"
"""A column that nothing here is made for: what stands in it is kept in a note, after the heading."""

CLIENT_COLUMNS: Mapping[str, str] = {
    "name": N_("Client"),
    "edrpou": N_("EDRPOU"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "segment": N_("Segment"),
    "source": N_("Source"),
    "owner": N_("Responsible person"),
    "contact_name": N_("Contact: full name"),
    "contact_last": N_("Contact: family name"),
    "contact_first": N_("Contact: first name"),
    "contact_middle": N_("Contact: patronymic"),
    "contact_position": N_("Contact: position"),
    "contact_phone": N_("Contact: phone"),
    "contact_email": N_("Contact: e-mail"),
    NOTE: N_("Text of the note"),
    KEPT_AS_NOTE: N_("Keep in a note, with the heading"),
}
"""The meanings of columns in a list of clients, in the order in which they are offered, with their labels."""

NOTE_COLUMNS: Mapping[str, str] = {
    "name": N_("Client"),
    "edrpou": N_("EDRPOU"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "contact_name": N_("Contact: full name"),
    "at": N_("Date of the note"),
    "author": N_("Author"),
    NOTE: N_("Text of the note"),
    KEPT_AS_NOTE: N_("Add to the note, with the heading"),
}
"""The same of a list of old notes."""

SEVERAL = frozenset({"phone", "email", "contact_phone", "contact_email", NOTE, KEPT_AS_NOTE})
"""What several columns may mean at once; of any other meaning the first column that is filled in counts."""

_HEADINGS: Mapping[str, str] = {
    "name": (
        "client|клієнт|клиент|company|компанія|компания|назва|название|name|найменування|наименование|назва компанії|"
        "название компании|назва клієнта|имя клиента|account|account name|company name|контрагент|контрагенти|"
        "повна назва|полное наименование|назва контрагента|наименование контрагента|організація|организация|"
        "організація (компанія)|покупець|покупатель|замовник|заказчик|customer|business name"
    ),
    "edrpou": (
        "edrpou|єдрпоу|егрпоу|окпо|код єдрпоу|код эдрпоу|код егрпоу|эдрпоу|єдрпоу / іпн|єдрпоу/іпн|іпн|инн|"
        "іпн / рнокпп|"
        "рнокпп|код|код за єдрпоу|код по егрпоу|код окпо|tax number|tax id|tin|vat number|code|"
        "код єдрпоу/рнокпп|єдрпоу (іпн)|податковий номер|налоговый номер|ідентифікаційний код|registration number"
    ),
    "phone": (
        "phone|телефон|телефони|телефоны|тел|тел.|phone number|phones|номер телефону|номер телефона|робочий телефон|"
        "рабочий телефон|мобільний телефон|мобильный телефон|мобільний|мобильный|основний телефон|основной телефон|"
        "контактний телефон|контактный телефон|інший телефон|другой телефон|домашній телефон|домашний телефон|"
        "телефон для sms-розсилок|телефон для sms-рассылок|додатковий телефон|дополнительный телефон|"
        "альтернативний телефон|"
        "work phone|mobile phone|primary phone|business phone|mobile|home phone|other phone|additional phone|"
        "alternate phone"
    ),
    "email": (
        "email|e-mail|e-mail адреса|електронна пошта|електронна адреса|электронная почта|эл. почта|ел. пошта|пошта|"
        "почта|"
        "адреса електронної пошти|робочий e-mail|рабочий e-mail|приватний e-mail|частный e-mail|інший e-mail|"
        "другой e-mail|"
        "e-mail для розсилок|e-mail для рассылок|work e-mail|work email|home e-mail|other e-mail|mail|email address"
    ),
    "segment": (
        "segment|сегмент|тип компанії|тип компании|company type|тип контрагента|тип клієнта|тип клиента|категорія|"
        "категория|"
        "category|тип контакту|тип контакта|contact type|industry|галузь|отрасль|сфера діяльності|сфера деятельности"
    ),
    "source": "source|джерело|источник|lead source|канал|звідки дізналися|джерело ліда|источник лида",
    "owner": (
        "owner|responsible|responsible person|відповідальний|ответственный|менеджер|manager|власник|владелец|"
        "відповідальна особа|ответственное лицо|куратор|assigned to|account owner"
    ),
    "contact_name": (
        "contact|contact name|contact person|контакт|контактна особа|контактное лицо|піб|фіо|фио|full name|"
        "контакт: піб|основний контакт|основной контакт|primary contact|піб контакту|фио контакта|піб контактної особи|"
        "повне ім'я|полное имя|директор|керівник|руководитель"
    ),
    "contact_last": "last name|контакт: прізвище|прізвище|фамилия|surname|family name",
    "contact_first": "first name|контакт: ім'я|ім'я|имя|given name",
    "contact_middle": "middle name|контакт: по батькові|second name|по батькові|отчество|patronymic",
    "contact_position": (
        "position|контакт: посада|посада|должность|job title|title|job|full job title|посада контактної особи"
    ),
    "contact_phone": (
        "contact phone|контакт: телефон|телефон контакту|телефон контакта|телефон контактної особи|"
        "телефон контактного лица"
    ),
    "contact_email": (
        "contact email|контакт: e-mail|contact e-mail|email контакту|e-mail контакту|email контакта|e-mail контакта|"
        "e-mail контактної особи|email контактної особи|пошта контакту"
    ),
    NOTE: (
        "note|notes|текст нотатки|нотатка|нотатки|примітка|примітки|примечание|примечания|"
        "коментар|коментарі|комментарий|комментарии|"
        "comment|comments|текст|text|опис|описание|description|зміст|содержание|результат|result|subject|тема"
    ),
    "at": (
        "date|дата|дата створення|дата создания|created on|created|created at|дата нотатки|дата й час|дата і час|"
        "дата и время|початок|начало|start|due|дата завершення|дата завершения|date created|час"
    ),
    "author": (
        "author|автор|created by|створив|кем создан|ким створено|кем создано|створено ким|відповідальний|ответственный|"
        "responsible|responsible person|менеджер|owner|manager|исполнитель|виконавець"
    ),
    KEPT_AS_NOTE: (
        "address|адреса|адрес|юридична адреса|юридический адрес|фактична адреса|фактический адрес|адреса доставки|"
        "місто|город|city|область|регіон|регион|region|сайт|web|website|корпоративний сайт|корпоративный сайт|"
        "тип|type|вид|тип справи|тип дела|activity type|вулиця|улица|поштова адреса|почтовый адрес"
    ),
}
_PREFIX = re.compile(r"^(?:компанія|компания|company|клієнт|клиент|реквізити|реквизиты|account)\s*[:.]\s*")
_MARKS = " *:."
_OF_CONTACTS = ("контакт", "contact")
_FOR_NOTES = ("at", "author", NOTE, "name", "edrpou", "phone", "email", "contact_name", KEPT_AS_NOTE)
_FOR_CLIENTS = tuple(one for one in _HEADINGS if one not in {"at", "author"})
_PEOPLE_PARTS = frozenset({"contact_last", "contact_first"})
_OF_PEOPLE = {"phone": "contact_phone", "email": "contact_email"}


def guessed_columns(headings: Sequence[str], own: Iterable[KnownField], *, notes: bool) -> list[str]:
    """What each column means; empty where nothing is known by such a heading.

    ``own`` are the company's own fields of clients and contacts. In a list of people at companies (family names and no
    codes), phones and addresses are the people's.
    """
    order = _FOR_NOTES if notes else _FOR_CLIENTS
    known = {spelt: meaning for meaning in reversed(order) for spelt in _HEADINGS[meaning].split("|")}
    known |= {fold(label): meaning for meaning, label in (NOTE_COLUMNS if notes else CLIENT_COLUMNS).items()}
    if not notes:
        known |= _own_headings(own)
    meant: list[str] = []
    for heading in headings:
        folded = fold(heading).strip(_MARKS)
        meaning = known.get(folded) or known.get(_PREFIX.sub("", folded)) or ""
        meant.append(meaning if meaning in SEVERAL or meaning not in meant else "")
    if not notes and _PEOPLE_PARTS & set(meant) and "edrpou" not in meant:
        meant = [_OF_PEOPLE.get(one, one) for one in meant]
    return meant


def _own_headings(own: Iterable[KnownField]) -> dict[str, str]:
    """Own fields are found by label and by name, those of clients first."""
    found: dict[str, str] = {}
    for prefix, subject in ((OWN_OF_CONTACT, FieldSubject.CONTACT), (OWN_OF_CLIENT, FieldSubject.CLIENT)):
        for one in own:
            if one.subject is subject:
                names = (one.name, one.definition.label, *(f"{of}: {one.definition.label}" for of in _OF_CONTACTS))
                found |= dict.fromkeys(map(fold, names), prefix + one.name)
    return found


def offered_columns(own: Iterable[KnownField], *, notes: bool) -> dict[str, str]:
    """Every meaning that a column may be given, with its label; the labels of ``own`` fields are the company's."""
    if notes:
        return dict(NOTE_COLUMNS)
    fields = {_prefix(one) + one.name: one.definition.label or one.name for one in own}
    return {**CLIENT_COLUMNS, **fields}


def _prefix(field: KnownField) -> str:
    return OWN_OF_CLIENT if field.subject is FieldSubject.CLIENT else OWN_OF_CONTACT


def heading_row(rows: Sequence[Sequence[str]], own: Sequence[KnownField], *, notes: bool) -> int:
    """Which of the first rows holds the headings: the one of which most is understood, the first where nothing is."""
    understood = [sum(map(bool, guessed_columns(row, own, notes=notes))) for row in rows]
    return max(range(len(rows)), key=lambda place: (understood[place], -place)) if rows else 0
