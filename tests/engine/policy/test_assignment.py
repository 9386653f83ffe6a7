"""Whose step it is."""

from __future__ import annotations

from datetime import date

import pytest

from engine.policy.assignment import (
    Assignment,
    Directory,
    DirectoryDepartment,
    DirectoryPerson,
    Substitute,
    effective_person,
    people_acted_for,
    resolve_assignment,
    resolve_name,
)

SALES, LEGAL, FINANCE, LOGISTICS = 1, 2, 3, 4
OLENA, TARAS, BOHDAN, IRYNA, OKSANA, PETRO, GONE = range(10, 17)
DIRECTORY = Directory(
    people=(
        DirectoryPerson(OLENA, "olena", "Олена Коваль", "Менеджер", (SALES,)),
        DirectoryPerson(TARAS, "taras", "Тарас Бондар", "Менеджер", (SALES,)),
        DirectoryPerson(BOHDAN, "bohdan", "Богдан Шевченко", "Комерційний директор", (SALES,)),
        DirectoryPerson(IRYNA, "iryna", "Ірина Мар’яненко", "Провідний юрист", (LEGAL,)),
        DirectoryPerson(OKSANA, "oksana", "Оксана Коваль", "Фінансист", (FINANCE,)),
        DirectoryPerson(PETRO, "petro", "Петро Лисенко", "Логіст", (LOGISTICS,)),
        DirectoryPerson(GONE, "gone", "Василь Колишній", "Аудитор", (LEGAL,), is_active=False),
    ),
    departments=(
        DirectoryDepartment(SALES, "Відділ продажів", head_id=BOHDAN),
        DirectoryDepartment(LEGAL, "Юридичний відділ", aliases=("Правовий захист",), head_id=GONE, parent_id=SALES),
        DirectoryDepartment(FINANCE, "Фінансовий відділ", head_id=OKSANA),
        DirectoryDepartment(LOGISTICS, "Логістика"),
    ),
)


@pytest.mark.parametrize(
    ("name", "department"),
    [
        ("Відділ продажів", SALES),
        ("ВІДДІЛ  ПРОДАЖІВ", SALES),
        ("відділу продажу", SALES),
        ("Продажі", SALES),
        ("Sales", SALES),
        ("Sales department", SALES),
        ("Юридичний відділ", LEGAL),
        ("юридичному відділу", LEGAL),
        ("правовий захист", LEGAL),
        ("юрист", LEGAL),
        ("Юристу", LEGAL),
        ("Legal", LEGAL),
        ("Lawyer", LEGAL),
        ("фінанси", FINANCE),
        ("Бухгалтерія", FINANCE),
        ("Finance Dept.", FINANCE),
        ("логістиці", LOGISTICS),
        ("Склад", LOGISTICS),
    ],
)
def test_a_department_is_known_by_its_name_its_cases_and_its_work(name: str, department: int) -> None:
    assert resolve_name(name, DIRECTORY) == Assignment(department_ids=(department,))


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("olena", OLENA),
        ("OLENA", OLENA),
        ("Олена Коваль", OLENA),
        ("Коваль Олена", OLENA),
        ("Ірина Мар'яненко", IRYNA),
        ("Бондар", TARAS),
        ("Оксана", OKSANA),
        ("комерційний директор", BOHDAN),
        ("Логіст", PETRO),
        ("Head of Finance", OKSANA),
        ("фінансовий директор", OKSANA),
        ("керівник відділу продажів", BOHDAN),
        ("начальник юридичного відділу", BOHDAN),  # its head is gone: the head above
        ("owner", TARAS),
        ("=owner", TARAS),
        ("Власник угоди", TARAS),
        ("менеджер", TARAS),
        ("Менеджер з продажу", TARAS),
        ("Sales Manager", TARAS),
        ("head of owner", BOHDAN),
        ("керівник власника", BOHDAN),
    ],
)
def test_a_person_is_known_by_name_position_and_part_in_the_deal(name: str, person: int) -> None:
    assert resolve_name(name, DIRECTORY, TARAS) == Assignment(person_id=person)


@pytest.mark.parametrize(
    "name", ["Коваль", "gone", "Аудитор", "Служба безпеки", "", "Відділ", "Head of Marketing", "Х"]
)
def test_a_name_of_nobody_or_of_several_is_unknown(name: str) -> None:
    assert resolve_name(name, DIRECTORY, TARAS) == Assignment(unknown=(name,))


@pytest.mark.parametrize("name", ["owner", "менеджер угоди", "керівник власника"])
def test_before_there_is_a_deal_its_owner_is_known_but_nobody_yet(name: str) -> None:
    found = resolve_name(name, DIRECTORY)
    assert found.is_nobody
    assert found.unknown == ()


def test_a_step_of_the_owners_department_goes_straight_to_the_owner() -> None:
    found = resolve_assignment(["Відділ продажів"], DIRECTORY, OLENA)
    assert found == Assignment(person_id=OLENA, department_ids=(SALES,))


def test_a_step_of_another_department_is_shared() -> None:
    assert resolve_assignment(["Логістика"], DIRECTORY, OLENA) == Assignment(department_ids=(LOGISTICS,))


def test_an_approval_of_the_owners_department_is_not_handed_to_the_owner() -> None:
    found = resolve_assignment(["Відділ продажів"], DIRECTORY, OLENA, owner_takes_own_department=False)
    assert found == Assignment(department_ids=(SALES,))


def test_a_department_of_an_owner_who_left_is_shared() -> None:
    assert resolve_assignment(["Юридичний відділ"], DIRECTORY, GONE) == Assignment(department_ids=(LEGAL,))


def test_several_names_make_a_step_shared_by_their_departments() -> None:
    found = resolve_assignment(["юрист", "Тарас Бондар", "Фінанси", "Марсіани", "юридичний відділ"], DIRECTORY, OLENA)
    assert found == Assignment(department_ids=(LEGAL, FINANCE), unknown=("Марсіани",))


def test_of_several_people_the_first_gets_the_step() -> None:
    assert resolve_assignment(["petro", "iryna"], DIRECTORY, OLENA) == Assignment(person_id=PETRO)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("petro", Assignment(person_id=PETRO)),
        (["юрист", "фінанси"], Assignment(department_ids=(LEGAL, FINANCE))),
        (None, Assignment(unknown=("=deal.lawyer",))),
    ],
)
def test_an_expression_names_the_responsible(value: object, expected: Assignment) -> None:
    assert resolve_assignment(["=deal.lawyer"], DIRECTORY, OLENA, evaluate=lambda _: value) == expected


@pytest.mark.parametrize(
    ("person", "head"), [(OLENA, BOHDAN), (IRYNA, BOHDAN), (BOHDAN, None), (PETRO, None), (99, None)]
)
def test_the_head_of_a_person_is_never_the_person(person: int, head: int | None) -> None:
    assert DIRECTORY.head_of_person(person) == head


def test_departments_above_each_other_in_a_circle_end_the_search() -> None:
    circle = Directory(
        people=(DirectoryPerson(1, "a", "А", department_ids=(1,)),),
        departments=(
            DirectoryDepartment(1, "Один", parent_id=2),
            DirectoryDepartment(2, "Два", head_id=1, parent_id=1),
        ),
    )
    assert circle.head_of_person(1) is None


TODAY = date(2026, 6, 3)


def away(person: int, substitute: int, first: int = 1, last: int = 5) -> Substitute:
    return Substitute(person, substitute, date(2026, 6, first), date(2026, 6, last))


@pytest.mark.parametrize(
    ("substitutes", "acting"),
    [
        ([], OLENA),
        ([away(OLENA, TARAS)], TARAS),
        ([away(OLENA, TARAS, 3, 3)], TARAS),
        ([away(OLENA, TARAS, 4, 9)], OLENA),
        ([away(OLENA, TARAS, 1, 2)], OLENA),
        ([away(OLENA, TARAS), away(TARAS, BOHDAN)], BOHDAN),
        ([away(OLENA, TARAS), away(TARAS, OLENA)], OLENA),
        ([away(OLENA, TARAS), away(TARAS, BOHDAN), away(BOHDAN, TARAS)], OLENA),
        ([away(OLENA, OLENA)], OLENA),
        ([away(OLENA, BOHDAN, 2), away(OLENA, TARAS, 1)], BOHDAN),  # the one appointed last
    ],
)
def test_a_substitute_acts_between_the_dates(substitutes: list[Substitute], acting: int) -> None:
    assert effective_person(OLENA, substitutes, TODAY) == acting


def test_who_acts_for_whom_follows_chains() -> None:
    substitutes = [away(OLENA, TARAS), away(TARAS, BOHDAN), away(IRYNA, BOHDAN, 9, 12)]
    assert people_acted_for(BOHDAN, substitutes, TODAY) == {OLENA, TARAS}
    assert people_acted_for(TARAS, substitutes, TODAY) == frozenset()
