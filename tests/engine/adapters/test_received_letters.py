"""A client's letter is read whatever program made it, and whatever somebody made of it on purpose."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from engine.adapters import received_letters
from engine.adapters.received_letters import MOST_FILES, ReceivedLetter, read_letter
from engine.adapters.received_mail import LARGEST_MESSAGE
from engine.policy.mail_replies import LONGEST_PAGE, LONGEST_TEXT

SAID = "Доброго дня, ціна нас влаштовує. Їжак, ґанок, Євген."


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("koi8-u", "koi8-u"),
        ("windows-1251", "windows-1251"),
        ("utf-8", "windows-1251"),
        ("us-ascii", "utf-8"),
        ("nonsense", "utf-8"),
        ("idna", "utf-8"),
    ],
)
def test_ukrainian_is_read_in_the_encoding_that_it_has(declared: str, written: str) -> None:
    head = f"Subject: =?{written}?B?0JTQsA==?=\nContent-Type: text/plain; charset={declared}\n\n"
    assert read_letter(head.encode() + SAID.encode(written)).text == SAID


def test_of_a_page_the_words_are_kept_and_nothing_that_does_something() -> None:
    letter = EmailMessage()
    letter["Subject"] = "=?koi8-u?Q?=F2=E1?= <script>"
    letter.set_content(
        "<html><head><style>p{}</style><title>t</title></head><body onload=alert(1)><p>Так, <b>згодні</b>.</p>"
        "<img src=https://evil.example/track.gif><script>alert(1)</script><a href='javascript:x'>сюди</a>"
        "<blockquote>Добрий день</blockquote></body></html>",
        subtype="html",
    )
    read = read_letter(letter.as_bytes())
    assert (read.text, read.quoted, read.files) == ("Так, згодні.\nсюди", "Добрий день", ())


def test_a_page_that_is_all_quotation_says_what_it_quotes() -> None:
    """A program that puts an answer among what it answers lost it: the letter came without a word."""
    letter = EmailMessage()
    letter.set_content("<blockquote>Ціна?<p>120 грн</p><style>p{}</style></blockquote>", subtype="html")
    assert read_letter(letter.as_bytes()).text == "Ціна?\n120 грн"


@pytest.mark.parametrize(
    ("text", "own", "quoted"),
    [
        ("Так.\n\n> Ви згодні?", "Так.", "> Ви згодні?"),
        (
            "Так.\n-- \nМарія\n\nOn Mon, Olena <a@b.c> wrote:\n> Ні",
            "Так.\n--\nМарія",
            "On Mon, Olena <a@b.c> wrote:\n> Ні",
        ),
        ("> Ви згодні?\nТак.", "> Ви згодні?\nТак.", ""),
        ("Відповіді нижче:\n> Ціна?\nТак.\n> Строк?\nНі.", "Відповіді нижче:\n> Ціна?\nТак.\n> Строк?\nНі.", ""),
        ("> Тільки цитата", "> Тільки цитата", ""),
        ("Без цитати", "Без цитати", ""),
    ],
)
def test_what_is_quoted_is_apart_and_no_word_of_the_client_s_is_hidden(text: str, own: str, quoted: str) -> None:
    letter = EmailMessage()
    letter.set_content(text)
    read = read_letter(letter.as_bytes())
    assert (read.text, read.quoted) == (own, quoted)


def test_files_logos_letters_inside_and_too_many_of_them_are_told_apart() -> None:
    letter, inner = EmailMessage(), EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("inner")
    letter.set_content("Дивіться файли")
    letter.add_attachment(b"logo", maintype="image", subtype="png", disposition="inline", cid="<logo>")
    letter.add_attachment(inner)
    letter.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Договір №1.pdf")
    letter.add_attachment(b"%PDF-", maintype="application", subtype="pdf")
    for number in range(MOST_FILES):
        letter.add_attachment(b"a", maintype="text", subtype="plain", filename=f"{number}.txt")
    read = read_letter(letter.as_bytes())
    assert [one.name for one in read.files[:3]] == ["Договір №1.pdf", "file.pdf", "0.txt"]
    assert len(read.files) == MOST_FILES
    assert read.left_out == (
        ("message.eml", "letter_inside"),
        ("18.txt", "too_many_files"),
        ("19.txt", "too_many_files"),
    )


def test_of_a_letter_that_was_cut_off_the_last_file_is_named_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = EmailMessage()
    letter.set_content("Два файли")
    for name in ("first.txt", "second.txt"):
        letter.add_attachment("a" * 500, filename=name)
    raw = letter.as_bytes()
    monkeypatch.setattr(received_letters, "LARGEST_LETTER", len(raw) - 300)
    read = read_letter(raw)
    assert [one.name for one in read.files] == ["first.txt"]
    assert read.left_out == (("second.txt", "not_whole"),)


def test_what_is_said_behind_a_large_file_is_read_and_of_a_huge_page_its_beginning() -> None:
    letter, huge = EmailMessage(), EmailMessage()
    letter.make_mixed()
    letter.add_attachment(bytes(LARGEST_MESSAGE), maintype="image", subtype="png", filename="photo.png")
    said = EmailMessage()
    said.set_content("Фото вгорі")
    letter.attach(said)
    read = read_letter(letter.as_bytes())
    assert (read.text, [one.name for one in read.files]) == ("Фото вгорі", ["photo.png"])
    huge.set_content(f"<p>{'слово ' * 500_000}</p>", subtype="html")
    huge.add_attachment("a", filename="a.txt")
    read = read_letter(huge.as_bytes())
    assert (read.text[:11], [one.name for one in read.files]) == ("слово слово", ["a.txt"])
    assert read.left_out == (("", "text_too_long"),)


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\n"])
def test_of_a_letter_of_too_many_lines_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch, ending: bytes) -> None:
    monkeypatch.setattr(received_letters, "_MOST_LINES", 1000)
    monkeypatch.setattr(received_letters, "LARGEST_MESSAGE", 500)
    head = b"Content-Type: multipart/mixed; boundary=b" + ending * 2
    part = ending.join((b"--b", b"Content-Disposition: attachment; filename=a.txt", b"", b"x", b""))
    read = read_letter(head + part * 1000)
    assert 0 < len(read.files) < 10
    assert read.left_out[-1][1] == "not_whole"


def test_a_long_text_is_cut_and_said_to_be() -> None:
    letter = EmailMessage()
    letter.set_content("слово " * LONGEST_TEXT)
    read = read_letter(letter.as_bytes())
    assert (len(read.text) <= LONGEST_TEXT, read.left_out) == (True, (("", "text_too_long"),))
    letter.set_content(f"<p>Так</p><style>{'p{}' * LONGEST_PAGE}</style><p>Ні</p>", subtype="html")
    read = read_letter(letter.as_bytes())
    assert (read.text, read.left_out) == ("Так", (("", "text_too_long"),))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 5000,
        b"Content-Type: multipart/mixed\n\nnone",
        b'Content-Type: text/plain; charset="\xff"\nContent-Transfer-Encoding: base64\n\n!!!!',
        b"Content-Disposition: attachment; filename*=nonsense''%FF%ZZ\nContent-Type: application/x\n\nx",
        b"From: " + b"(" * 5000 + b"\nSubject: =?x?B?////?=\n\n",
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(500)),
    ],
)
def test_no_message_breaks_the_reader(raw: bytes) -> None:
    assert isinstance(read_letter(raw), ReceivedLetter)


def test_of_a_letter_of_parts_within_parts_what_stands_above_them_is_read() -> None:
    def within(depth: int) -> bytes:
        said = "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nЗгодні.\n--o\n".encode()
        parts = (b"Content-Type: multipart/mixed; boundary=%x\n\n--%x\n" % (one, one) for one in range(depth))
        return said + b"".join(parts) + b"Content-Disposition: attachment; filename=a.txt\n\nx"

    shallow, deep = read_letter(within(10)), read_letter(within(60))
    assert (shallow.text, [one.name for one in shallow.files]) == ("Згодні.", ["a.txt"])
    assert (deep.text, deep.files, deep.left_out) == ("Згодні.", (), (("", "not_whole"),))


def test_of_a_header_the_beginning_is_read() -> None:
    """Each parameter has all behind it copied: a header as long as a letter may be was read for hours."""
    named = [
        f"Content-Disposition: attachment; {'x=y; ' * count}filename=a.pdf\nContent-Type: application/pdf\n\nx"
        for count in (100, 2000)
    ]
    assert [[one.name for one in read_letter(raw.encode()).files] for raw in named] == [["a.pdf"], ["file.pdf"]]
