from __future__ import annotations

import pytest

from engine.policy.client_columns import guessed_columns, heading_row
from engine.policy.imported_rows import clean, plain_text, read_client_row, read_moment

BITRIX_CONTACTS = ("ID", "Имя", "Отчество", "Фамилия", "Должность", "Компания", "Рабочий телефон", "Частный e-mail")
BITRIX_COMPANIES = (
    "ID",
    "Тип компании",
    "Название компании",
    "Мобильный телефон",
    "Рабочий телефон",
    "Корпоративный сайт",
)
CREATIO = ("Name", "Primary phone", "Primary contact", "Owner", "Type", "Web", "Address")
BITRIX_UK = ("Назва компанії", "Робочий телефон", "Робочий e-mail", "Відповідальний", "Джерело", "Коментар")


@pytest.mark.parametrize(
    ("headings", "meant"),
    [
        (
            BITRIX_CONTACTS,
            "- contact_first contact_middle contact_last contact_position name contact_phone contact_email",
        ),
        (BITRIX_COMPANIES, "- segment name phone phone heading_note"),
        (CREATIO, "name phone contact_name owner heading_note heading_note heading_note"),
        (BITRIX_UK, "name phone email owner source note"),
        (("Клієнт *", "Компанія", "ІНН", "Инн"), "name - - edrpou"),
    ],
)
def test_headings_of_other_systems_are_understood(headings: tuple[str, ...], meant: str) -> None:
    assert [one or "-" for one in guessed_columns(headings, (), notes=False)] == meant.split()


def test_headings_stand_where_most_is_understood() -> None:
    assert heading_row([["База клієнтів"], [""], ["Клієнт", "Телефон"], ["ТОВ Лан", "067"]], (), notes=False) == 2
    assert heading_row([["a", "b"], ["c", "d"]], (), notes=False) == 0


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("32855961", "32855961"),
        ("ЄДРПОУ 32855961", "32855961"),
        ("  328 559 61 ", "32855961"),
        ("131312", "00131312"),
        ("212300567", "0212300567"),
        ("2123005678.0", "2123005678"),
        ("немає", ""),
        ("-", ""),
    ],
)
def test_tax_numbers_as_they_are_typed(written: str, code: str) -> None:
    read = read_client_row(["А", written], ["name", "edrpou"], ["", ""])
    assert (read.edrpou, read.faults) == (code, {})


@pytest.mark.parametrize("written", ["12345", "КС123456", "٣٢٨٥٥٩٦١", "328559611"])
def test_what_is_no_tax_number_is_a_fault(written: str) -> None:
    read = read_client_row(["А", written], ["name", "edrpou"], ["", ""])
    assert bool(read.faults) is (written != "328559611")


def test_every_phone_and_address_is_found_and_none_is_lost() -> None:
    cells = ["А", "моб.: 067 123-45-67; (044) 222 33 44, після обіду", "8 050 111 22 33", "A@B.ua, c@d.ua, нема"]
    read = read_client_row(cells, ["name", "phone", "phone", "email"], ["", "", "", ""])
    assert read.phones == ("+380671234567", "+380442223344", "+380501112233")
    assert read.emails == ("a@b.ua", "c@d.ua")
    assert read.notes[0].text.split("\n") == ["після обіду", "+380442223344", "+380501112233", "c@d.ua"]
    assert not read.faults


def test_somebody_without_a_company_is_a_client() -> None:
    columns = ["contact_last", "contact_first", "contact_phone", "name"]
    read = read_client_row(["Гай", "Марія", "0671234567", ""], columns, [""] * 4)
    assert (read.name, read.contact, read.phones) == ("Гай Марія", "", ("+380671234567",))
    read = read_client_row(["Гай", "Марія", "0671234567", "ТОВ Лан"], columns, [""] * 4)
    assert (read.name, read.contact, read.phones, read.contact_phones) == (
        "ТОВ Лан",
        "Гай Марія",
        (),
        ("+380671234567",),
    )


def test_what_is_too_long_is_told_and_controls_are_dropped() -> None:
    assert set(read_client_row(["я" * 301], ["name"], [""]).faults) == {"name"}
    assert clean("\x00 '=1+1\x07") == "=1+1"
    assert clean("'звичайний") == "'звичайний"


def test_comments_are_text_without_the_marks_of_their_systems() -> None:
    assert plain_text("<p>Дзвонили&nbsp;<b>двічі</b></p><br/>[URL=https://x.ua]сайт[/URL] a < b") == (
        "Дзвонили двічі\n\nсайт a < b"
    )
    assert plain_text("[1] перше; a&amp;b") == "[1] перше; a&b"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12.03.2021 14:05:11", "2021-03-12T12:05:00+00:00"),
        ("12/03/21", "2021-03-12T10:00:00+00:00"),
        ("2021-03-12", "2021-03-12T10:00:00+00:00"),
        ("2021-03-12T14:05:00+00:00", "2021-03-12T14:05:00+00:00"),
        ("2021-03-12 14:05", "2021-03-12T12:05:00+00:00"),
        ("31.02.2021", ""),
        ("колись", ""),
        ("01.01.0001", ""),
    ],
)
def test_moments_of_other_systems(text: str, moment: str) -> None:
    read = read_moment(text, "Europe/Kyiv")
    assert (read.isoformat() if read else "") == moment


@pytest.mark.parametrize("name", ["\u200b", "\u3164 \u2060", "\u00ad"])
def test_a_name_that_nobody_sees_is_none(name: str) -> None:
    assert set(read_client_row([name], ["name"], [""]).faults) == {"name"}
    assert read_client_row(["А", name], ["name", "contact_name"], ["", ""]).contact == ""


def test_a_cell_full_of_what_is_no_phone_is_kept_and_told_of_a_few_times() -> None:
    read = read_client_row(["А", "x;" * 5000], ["name", "phone"], ["", ""])
    assert len(read.remarks) == 20
    assert read.notes[0].text.count("x") == 5000


def test_a_long_text_in_place_of_an_address_is_read_in_no_time() -> None:
    """The pattern would try every division of it: this text of an ordinary size took most of a minute."""
    text = "a@" + "." * 120_000 + "@"
    assert read_client_row(["А", text], ["name", "email"], ["", ""]).emails == ()
