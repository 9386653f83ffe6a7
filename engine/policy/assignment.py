"""Whose step it is: from the names in a map to a person or to departments whose members may claim it.

Names are matched in any case and apostrophe, exactly first. Then, only where the answer is unique: by position, as
"head of", and by the stems of words, since maps decline ("передати юристу") and call departments by what they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import permutations
from typing import Any

from engine.policy.search_keys import fold


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """``department_ids`` has the main department first."""

    id: int
    login: str
    full_name: str
    position: str = ""
    department_ids: tuple[int, ...] = ()
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class DirectoryDepartment:
    id: int
    name: str
    aliases: tuple[str, ...] = ()
    head_id: int | None = None
    parent_id: int | None = None
    is_archived: bool = False


@dataclass(frozen=True)
class Directory:
    """Everybody and every department of the company, as far as names matter. An archived department bears no name."""

    people: tuple[DirectoryPerson, ...] = ()
    departments: tuple[DirectoryDepartment, ...] = ()

    def person(self, person_id: int | None) -> DirectoryPerson | None:
        """The person, if they still work here."""
        found = self.known_person(person_id)
        return found if found is not None and found.is_active else None

    def known_person(self, person_id: int | None) -> DirectoryPerson | None:
        """The person, even if they do not work here any more."""
        return self._people_by_id.get(person_id) if person_id is not None else None

    def department(self, department_id: int | None) -> DirectoryDepartment | None:
        return self._departments_by_id.get(department_id) if department_id is not None else None

    def members_of(self, department_id: int | None) -> tuple[int, ...]:
        """Active members of a department, by id."""
        return self._members_by_department.get(department_id, ()) if department_id is not None else ()

    def head_of_department(self, department_id: int | None) -> int | None:
        """The head, or the nearest one above when the department has none."""
        return next(iter(self.heads_above(department_id)), None)

    def heads_above(self, department_id: int | None) -> tuple[int, ...]:
        """The department's head and those of the departments above it, the nearest first, each person once."""
        heads: list[int] = []
        seen: set[int] = set()
        department = self.department(department_id)
        while department is not None and department.id not in seen:
            seen.add(department.id)
            if department.head_id is not None and self.person(department.head_id) is not None:
                heads.append(department.head_id)
            department = self.department(department.parent_id)
        return tuple(dict.fromkeys(heads))

    def main_department_of(self, person_id: int | None) -> int | None:
        """The person's main department, of those who do not work here any more too."""
        person = self.known_person(person_id)
        return person.department_ids[0] if person is not None and person.department_ids else None

    def head_of_person(self, person_id: int | None) -> int | None:
        """The head of the person's main department; of a head, the head above; None for who has nobody above."""
        return next(iter(self.heads_of_person(person_id)), None)

    def heads_of_person(self, person_id: int | None) -> tuple[int, ...]:
        """The heads above a person, the nearest first."""
        heads = self.heads_above(self.main_department_of(person_id))
        return heads[heads.index(person_id) + 1 :] if person_id in heads else heads

    @cached_property
    def _people_by_id(self) -> dict[int, DirectoryPerson]:
        return {person.id: person for person in self.people}

    @cached_property
    def _members_by_department(self) -> dict[int, tuple[int, ...]]:
        members: dict[int, list[int]] = {}
        for person in sorted(self.people, key=lambda one: one.id):
            for department_id in person.department_ids if person.is_active else ():
                members.setdefault(department_id, []).append(person.id)
        return {department_id: tuple(ids) for department_id, ids in members.items()}

    @cached_property
    def _departments_by_id(self) -> dict[int, DirectoryDepartment]:
        return {department.id: department for department in self.departments}

    @cached_property
    def in_use(self) -> tuple[DirectoryDepartment, ...]:
        """The departments that steps may be given to."""
        return tuple(one for one in self.departments if not one.is_archived)

    def with_archived(self) -> Directory:
        """The same company, as if no department had been put away."""
        return replace(self, departments=tuple(replace(one, is_archived=False) for one in self.departments))

    @cached_property
    def departments_by_name(self) -> dict[str, int]:
        """Folded names before folded aliases: a name is never hidden by another department's alias."""
        names = {fold(alias): department.id for department in self.in_use for alias in department.aliases}
        return names | {fold(department.name): department.id for department in self.in_use}

    @cached_property
    def people_by_name(self) -> dict[str, frozenset[int]]:
        """Active people by folded login, full name with its words in any order, and each single word of it."""
        names: dict[str, set[int]] = {}
        for person in self.people:
            if not person.is_active:
                continue
            words = fold(person.full_name).split()[:4]
            spellings = {" ".join(order) for size in (len(words), 2, 1) for order in permutations(words, size)}
            for name in {fold(person.login), *spellings}:
                names.setdefault(name, set()).add(person.id)
        return {name: frozenset(ids) for name, ids in names.items()}

    @cached_property
    def people_by_login(self) -> dict[str, int]:
        return {fold(person.login): person.id for person in self.people if person.is_active}

    @cached_property
    def people_by_position(self) -> dict[str, frozenset[int]]:
        positions: dict[str, set[int]] = {}
        for person in self.people:
            if person.is_active and person.position:
                positions.setdefault(fold(person.position), set()).add(person.id)
        return {position: frozenset(ids) for position, ids in positions.items()}


@dataclass(frozen=True, slots=True)
class Assignment:
    """``person_id`` holds the step at once; else members of ``department_ids`` may claim it.

    ``unknown`` are the names that nobody and no department bears: an error before publishing, an incident after.
    """

    person_id: int | None = None
    department_ids: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_nobody(self) -> bool:
        return self.person_id is None and not self.department_ids


@dataclass(frozen=True, slots=True)
class Substitute:
    """``substitute_id`` acts for ``person_id`` from ``starts_on`` to ``ends_on``, both included."""

    person_id: int
    substitute_id: int
    starts_on: date
    ends_on: date


def resolve_assignment(
    responsible: Sequence[str],
    directory: Directory,
    owner_id: int | None,
    *,
    evaluate: Callable[[str], Any] | None = None,
    owner_takes_own_department: bool = True,
) -> Assignment:
    """Whose step it is, for a deal owned by ``owner_id``.

    Departments named make a shared step, also beside a person's name; of several people the first gets it.
    A step of the owner's own department ("Відділ продажів", for a deal of a member) goes straight to the owner: the
    customer keeps one counterpart, and nobody claims what is plainly theirs. Approvals pass
    ``owner_takes_own_department=False``. ``evaluate`` reads what stands in "=…" or
    "${…}" (a name, a login, a list).
    """
    people: list[int] = []
    departments: list[int] = []
    unknown: list[str] = []
    for name in _names(responsible, evaluate):
        found = resolve_name(name, directory, owner_id)
        if found.person_id is not None:
            people.append(found.person_id)
        departments.extend(found.department_ids)
        unknown.extend(found.unknown)
    department_ids = tuple(dict.fromkeys(departments))
    if not department_ids:
        return Assignment(person_id=people[0] if people else None, unknown=tuple(unknown))
    owner = directory.person(owner_id)
    is_owners_own = owner is not None and len(department_ids) == 1 and department_ids[0] in owner.department_ids
    if owner is not None and is_owners_own and owner_takes_own_department:
        return Assignment(person_id=owner.id, department_ids=department_ids, unknown=tuple(unknown))
    return Assignment(department_ids=department_ids, unknown=tuple(unknown))


def resolve_name(name: str, directory: Directory, owner_id: int | None = None) -> Assignment:
    """The person or the department that one name means; ``unknown`` when it is nobody, or not one only.

    ``owner_id`` is None before there is a deal: "owner" is then known, but nobody yet.
    """
    folded = fold(name).strip(" .,;:")
    exact = _named_exactly(folded, directory) or _named_by_part(folded, directory, owner_id)
    if exact is not None:
        return exact
    if not name.strip().startswith(_EXPRESSION_MARKS):
        person_id = _only(directory.people_by_position.get(folded)) or _head_named(folded, directory)
        if person_id is not None:
            return Assignment(person_id=person_id)
        department_id = _department_by_stems(folded, directory) or _department_by_work(folded, directory)
        if department_id is not None:
            return Assignment(department_ids=(department_id,))
    return Assignment(unknown=(name,))


def effective_person(person_id: int, substitutes: Iterable[Substitute], on: date) -> int:
    """Who acts for ``person_id`` on the local day ``on``: the last of the chain of substitutes.

    When the chain runs in a circle everybody in it is away, and the step stays with the person themselves. Of
    several substitutes on one day the one appointed last (latest start) acts.
    """
    active: dict[int, Substitute] = {}
    for appointed in sorted(substitutes, key=lambda one: one.starts_on):
        if appointed.starts_on <= on <= appointed.ends_on:
            active[appointed.person_id] = appointed
    current, seen = person_id, {person_id}
    while current in active:
        current = active[current].substitute_id
        if current in seen:
            return person_id
        seen.add(current)
    return current


def people_acted_for(person_id: int, substitutes: Sequence[Substitute], on: date) -> frozenset[int]:
    """Everybody absent on ``on`` whose steps ``person_id`` may do."""
    absent = {one.person_id for one in substitutes}
    return frozenset(
        other for other in absent if other != person_id and effective_person(other, substitutes, on) == person_id
    )


# Words

_OWNER = frozenset(
    fold(words)
    for words in (
        "owner",
        "=owner",
        "${owner}",
        "=deal.owner",
        "${deal.owner}",
        "deal owner",
        "owner of the deal",
        "deal manager",
        "account manager",
        "sales manager",
        "sales representative",
        "sales rep",
        "manager",
        "власник",
        "власник угоди",
        "власнику",
        "власнику угоди",
        "власника",
        "власника угоди",
        "менеджер",
        "менеджер угоди",
        "менеджер клієнта",
        "відповідальний менеджер",
        "відповідальний за угоду",
        "ініціатор",
    )
)
_HEAD_OF_OWNER = frozenset(
    fold(words)
    for words in (
        "head",
        "head of owner",
        "owner's head",
        "manager of owner",
        "owner's manager",
        "supervisor",
        "line manager",
        "керівник",
        "керівнику",
        "керівник власника",
        "керівник власника угоди",
        "керівник менеджера",
        "керівник менеджера угоди",
        "безпосередній керівник",
        "начальник",
    )
)
_HEAD_WORD = re.compile(r"head|chief|director|керівник\w*|начальник\w*|директор\w*|завідувач\w*|керуюч\w*")
_MANAGER_WORD = re.compile(r"менеджер\w*|manager|manageress|представник\w*|representative")
_EMPTY_WORDS = frozenset(
    fold(word)
    for word in (
        *("відділ", "відділу", "відділом", "департамент", "департаменту", "служба", "служби", "службі", "сектор"),
        *("група", "групи", "команда", "команди", "управління", "з", "зі", "із", "по", "та", "і", "й", "на", "у", "в"),
        *("department", "dept", "division", "team", "group", "unit", "of", "the", "and", "for", "our"),
    )
)

# What departments do, as stems of the words by which people call them and those who work there.
_WORK: tuple[tuple[str, ...], ...] = (
    ("юрист", "юрис", "юридичн", "правов", "адвокат", "legal", "lawyer", "law", "counsel", "attorney"),
    ("фінанс", "бухгалтер", "економіст", "казначе", "financ", "accountan", "accounting", "treasur"),
    ("логіст", "доставк", "склад", "відвантаж", "logist", "deliver", "shipping", "shipment", "warehous"),
    ("продаж", "збут", "комерційн", "sales", "sale", "commercial"),
    ("маркетинг", "marketing"),
    ("закупів", "закупк", "постачан", "procurement", "purchas", "supply"),
    ("кадр", "персонал", "hr", "human"),
    ("безпек", "security"),
    ("підтримк", "сервіс", "support", "service", "helpdesk"),
    ("виробництв", "виробнич", "production", "manufactur"),
    ("технічн", "інженер", "engineer", "technical"),
    ("тендер", "tender"),
    ("дирекц", "директор", "керівництв", "правлінн", "director", "management", "board", "ceo"),
)
_SALES = _WORK[3]
_EXPRESSION_MARKS = ("=", "${", "#{")
_SHORTEST_STEM = 4
_LONGEST_ENDING = 3


def _names(responsible: Sequence[str], evaluate: Callable[[str], Any] | None) -> list[str]:
    names: list[str] = []
    for name in responsible:
        expression = name.strip()
        if not expression.startswith(_EXPRESSION_MARKS) or fold(expression) in _OWNER or evaluate is None:
            names.append(name)
            continue
        value = evaluate(expression[1:].strip() if expression[0] == "=" else expression[2:].removesuffix("}").strip())
        values = value if isinstance(value, list | tuple) else [value]
        names.extend(str(one) for one in values if one) if any(values) else names.append(name)
    return [name for name in names if name.strip()]


def _named_exactly(folded: str, directory: Directory) -> Assignment | None:
    department_id = directory.departments_by_name.get(folded)
    if department_id is not None:
        return Assignment(department_ids=(department_id,))
    person_id = directory.people_by_login.get(folded) or _only(directory.people_by_name.get(folded))
    return Assignment(person_id=person_id) if person_id is not None else None


def _named_by_part(folded: str, directory: Directory, owner_id: int | None) -> Assignment | None:
    """The person who has a part in the deal: its owner, or the owner's head."""
    if folded in _OWNER or _is_sales_manager(folded):
        owner = directory.person(owner_id)
        return Assignment(person_id=owner.id if owner else None)
    if folded in _HEAD_OF_OWNER:
        return Assignment(person_id=directory.head_of_person(owner_id))
    return None


def _only(ids: frozenset[int] | None) -> int | None:
    return next(iter(ids)) if ids is not None and len(ids) == 1 else None


def _words(folded: str) -> list[str]:
    return [word for word in re.split(r"[\s,.;:()/\-]+", folded) if word and word not in _EMPTY_WORDS]


def _is_sales_manager(folded: str) -> bool:
    """The deal's own manager, not any member of the department: "менеджер з продажу", "sales manager"."""
    words = _words(folded)
    managers = [word for word in words if _MANAGER_WORD.fullmatch(word)]
    others = [word for word in words if word not in managers]
    return len(managers) == 1 and all(word.startswith(_SALES) for word in others)


def _head_named(folded: str, directory: Directory) -> int | None:
    """The head of the department named: "керівник відділу продажів", "head of sales", "фінансовий директор"."""
    words = _words(folded)
    rest = [word for word in words if not _HEAD_WORD.fullmatch(word)]
    if not rest or len(rest) == len(words):
        return None
    named = " ".join(rest)
    return directory.head_of_department(_department_by_stems(named, directory) or _department_by_work(named, directory))


def _same_stem(one: str, other: str) -> bool:
    """Whether two words differ in their endings only: "продажів" and "продажу", "логістика" and "логістиці"."""
    length = max(_SHORTEST_STEM, min(len(one), len(other)) - _LONGEST_ENDING)
    is_close = abs(len(one) - len(other)) <= _LONGEST_ENDING
    return one == other or (is_close and min(len(one), len(other)) >= length and one[:length] == other[:length])


def _department_by_stems(folded: str, directory: Directory) -> int | None:
    wanted = _words(folded)

    def bears(department: DirectoryDepartment) -> bool:
        return any(
            len(words) == len(wanted)
            and all(any(_same_stem(word, own) for own in words) for word in wanted)
            and all(any(_same_stem(word, own) for word in wanted) for own in words)
            for words in (_words(fold(name)) for name in (department.name, *department.aliases))
        )

    return _only(frozenset(one.id for one in directory.in_use if bears(one))) if wanted else None


def _department_by_work(folded: str, directory: Directory) -> int | None:
    wanted = _kinds_of_work(folded)
    if len(wanted) != 1:
        return None
    return _only(frozenset(one.id for one in directory.in_use if wanted <= _kinds_of_work(fold(one.name))))


def _kinds_of_work(folded: str) -> frozenset[int]:
    words = _words(folded)
    return frozenset(kind for kind, stems in enumerate(_WORK) if any(word.startswith(stems) for word in words))
