"""Files that people bring: small ones of real kinds, and a map one of whose steps asks for them."""

from __future__ import annotations

import base64
import io
import zlib

from PIL import Image
from support.drawn_maps import END, START, chain, compiled, element, flow
from support.office import Office

from engine.bpmn.compiled import CompiledProcess
from engine.commands.deal_files import Place, add_files
from engine.commands.stored_files import BroughtFile, bring_file
from engine.policy.file_limits import FileLimits


def pdf(*lines: str) -> bytes:
    """A PDF of one page with these lines of ASCII on it."""
    text = "BT /F1 24 Tf 72 760 Td " + " ".join(f"({line}) Tj 0 -30 Td" for line in lines) + " ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Font << /F1 5 0 R >> >>",
    )
    told, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(told))
        told += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return told + f"{end}startxref\n{len(told)}\n%%EOF\n".encode()


def png(width: int = 8, height: int = 8) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0])
    rows = (b"\x00" + bytes([40, 120, 200]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAACYAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5j"
    "bHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBp"
    "eGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAC5tZGF0AAAAIigBr1jm9Oq//8hu//vukh8j4X1/g9V+rO0/7o89"
    "cjF36SU="
)
"""A photograph of 64 × 48 pixels as a telephone takes it: red on its left, blue on its right."""


def tiff(width: int, height: int) -> bytes:
    """A black page as a scanner sends it."""
    made = io.BytesIO()
    Image.new("1", (width, height)).save(made, "TIFF", compression="group4")
    return made.getvalue()


def bring(office: Office, name: str, content: bytes, limits: FileLimits | None = None) -> BroughtFile:
    return bring_file(office.database, name, io.BytesIO(content), limits=limits or FileLimits(), clock=office.clock)


def add(office: Office, login: str, place: Place, name: str, content: bytes, **more: object) -> int:
    """Bring a file and add it as a person; the id of its version."""
    limits = FileLimits()
    (added,) = office.do(login, add_files, place, [bring(office, name, content)], limits=limits, **more)
    return int(added)


def asking_for_files(*fields: str, key: str = "sale") -> CompiledProcess:
    """A map whose first step asks for files by the attributes of each of ``fields``; then the lawyers approve."""
    return compiled(*drawing(*fields)).model_copy(update={"key": key})


def drawing(*fields: str) -> tuple[str, ...]:
    """The parts of that map."""
    asked = "".join(f"<reglament:field {one}/>" for one in fields)
    said = _bag(етап="Договір", термін="2 р.д.", відповідальний="власник угоди")
    approving = _bag(етап="Договір", термін="2 р.д.", відповідальний="Юридичний відділ", погодження="any")
    return (
        START,
        element("userTask", "prepare", "Підготувати договір", f"<extensionElements>{asked}{said}</extensionElements>"),
        element("userTask", "approve", "Погодити договір", f"<extensionElements>{approving}</extensionElements>"),
        '<exclusiveGateway id="decided"/>',
        END,
        chain("start", "prepare", "approve", "decided"),
        flow("decided", "end", "Погоджено"),
        flow("decided", "prepare", "На доопрацювання"),
    )


def _bag(**said: str) -> str:
    pairs = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in said.items())
    return f"<camunda:properties>{pairs}</camunda:properties>"
