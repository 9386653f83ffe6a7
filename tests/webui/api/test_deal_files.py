"""Files over the API: brought once however often the call comes, given to a form, removed, and fetched still."""

from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, problem, read
from support.files import asking_for_files, pdf, png
from support.office import Office

from engine.policy.personal_texts import ERASED

ApiOf = Callable[[str | None], ApiClient]
ONE, OTHER = pdf("one"), pdf("other")


def test_files_are_added_once_per_key_in_versions_and_stay_when_removed(office: Office, api: ApiOf) -> None:
    deal, olena = office.open_deal("olena"), api("olena")
    address = f"/deals/{deal.id}/files"
    files = (("Договір.pdf", ONE), ("Схема.png", png()))
    added = read(olena.upload(address, *files, key="one"), 201)
    assert [(one["name"], one["version"], one["media_type"]) for one in added["items"]] == [
        ("Договір.pdf", 1, "application/pdf"),
        ("Схема.png", 1, "image/png"),
    ]
    assert read(olena.upload(address, *files, key="one"), 201) == added
    problem(olena.upload(address, ("Договір.pdf", OTHER), key="one"), 409, "idempotency_key_reused")
    read(olena.upload(address, ("Договір.pdf", OTHER)), 201)
    first = added["items"][0]["id"]
    removed = read(olena.post(f"{address}/{first}/remove", {}))
    assert removed["removed_at"]
    listed = read(olena.get(address))["items"]
    assert [(one["name"], one["version"], bool(one["removed_at"])) for one in listed] == [
        ("Договір.pdf", 2, True),
        ("Схема.png", 1, False),
        ("Договір.pdf", 1, True),
    ]
    answer = olena.get(f"{address}/{first}/content")
    assert (answer.data, answer.headers["X-Content-Type-Options"]) == (ONE, "nosniff")
    assert read(olena.post(f"{address}/{first}/put-back", {}))["removed_at"] is None
    admin, basis = api("admin"), {"basis": "лист № 7"}
    problem(olena.post(f"{address}/{first}/erase", basis), 403, "ability_missing")
    erased = read(admin.post(f"{address}/{first}/erase", basis, key="erase"))
    assert (erased["name"], erased["erased_by"], bool(erased["erased_at"])) == (ERASED, "Андрій Савченко", True)
    assert read(admin.post(f"{address}/{first}/erase", basis, key="erase")) == erased
    problem(admin.post(f"{address}/{first}/erase", basis), 409, "file_erased")
    problem(olena.get(f"{address}/{first}/content"), 409, "file_erased")
    assert [one["name"] for one in read(olena.get(address))["items"]] == [ERASED, "Схема.png", ERASED]


def test_a_refused_file_is_told_at_its_field(office: Office, api: ApiOf) -> None:
    deal, olena = office.open_deal("olena"), api("olena")
    told = problem(olena.upload(f"/deals/{deal.id}/files", ("Договір.pdf", b"<html>")), 422, "invalid_input")
    assert told["errors"]["file"]["code"] == "file_content_differs"


def test_a_step_is_completed_with_the_ids_of_its_files(office: Office, api: ApiOf) -> None:
    office.publish(asking_for_files('name="contract" label="Договір" type="file" required="true"'))
    deal, olena = office.open_deal("olena"), api("olena")
    step = office.step("prepare", deal).id
    address = f"/work-items/{step}"
    (field,) = read(olena.get(address))["fields"]
    assert (field["type"], field["several"]) == ("file", False)
    (added,) = read(olena.upload(f"{address}/files?field=contract", ("Договір.pdf", ONE)), 201)["items"]
    assert [one["id"] for one in read(olena.get(f"{address}/files"))["items"]] == [added["id"]]
    told = problem(olena.post(f"{address}/complete", {"values": {"contract": 999}}), 422, "invalid_input")
    assert told["errors"]["contract"]["code"] == "file_not_there"
    read(olena.post(f"{address}/complete", {"values": {"contract": added["id"]}}))
    (kept,) = read(olena.get(f"/deals/{deal.id}"))["fields"]["contract"]
    assert {name: kept[name] for name in ("id", "name", "version", "size")} == {
        "id": added["id"],
        "name": "Договір.pdf",
        "version": 1,
        "size": len(ONE),
    }
    problem(olena.upload(f"{address}/files", ("Договір.pdf", OTHER)), 409, "already_completed")


def test_a_comment_comes_with_files_once_per_key(office: Office, api: ApiOf) -> None:
    deal, olena = office.open_deal("olena"), api("olena")
    address = f"/deals/{deal.id}/comments"
    said = {"text": "Надсилаю договір, @bohdan"}
    first = read(olena.upload(address, ("Договір.pdf", ONE), key="one", fields=said), 201)
    assert (first["text"], first["by"]["name"], first["mentions"]) == (
        said["text"],
        "Олена Коваль",
        {"bohdan": office.company.bohdan.full_name},
    )
    (file,) = first["files"]
    assert (file["name"], file["version"], file["size"]) == ("Договір.pdf", 1, len(ONE))
    assert olena.get(f"/deals/{deal.id}/files/{file['id']}/content").data == ONE
    assert read(olena.upload(address, ("Договір.pdf", ONE), key="one", fields=said), 201) == first
    problem(olena.upload(address, ("Договір.pdf", OTHER), key="one", fields=said), 409, "idempotency_key_reused")
    alone = read(olena.upload(address, fields={"text": "Без файлів"}), 201)
    assert alone["files"] == []
    assert [one["number"] for one in read(olena.get(address))["items"]] == [alone["number"], first["number"]]


def test_a_step_has_comments_with_files_of_its_own(office: Office, api: ApiOf) -> None:
    deal, olena = office.open_deal("olena"), api("olena")
    address = f"/work-items/{office.step('prepare', deal).id}"
    added = read(olena.upload(f"{address}/comments", ("Договір.pdf", ONE)), 201)
    assert (added["text"], added["work_item_id"]) == ("", office.step("prepare", deal).id)
    read(olena.upload(f"/deals/{deal.id}/comments", fields={"text": "Не на кроці"}), 201)
    assert read(olena.get(f"{address}/comments"))["items"] == [added]
    assert [one["id"] for one in read(olena.get(f"{address}/files"))["items"]] == [added["files"][0]["id"]]


def test_comments_are_for_those_who_see_the_deal_and_hold_something(office: Office, api: ApiOf) -> None:
    deal, olena, danylo = office.open_deal("olena"), api("olena"), api("danylo")
    step = office.step("prepare", deal).id
    for address in (f"/deals/{deal.id}/comments", f"/work-items/{step}/comments"):
        told = problem(olena.upload(address, fields={"text": " "}), 422, "invalid_input")
        assert told["errors"]["text"]["code"] == "field_required"
        told = problem(olena.upload(address, ("Договір.pdf", b"<html>"), fields={"text": "ось"}), 422, "invalid_input")
        assert told["errors"]["file"]["code"] == "file_content_differs"
        problem(danylo.get(address), 404, "not_found")
        problem(danylo.upload(address, ("Договір.pdf", ONE), fields={"text": "ось"}), 404, "not_found")
        assert read(olena.get(address))["items"] == []
