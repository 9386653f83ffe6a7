"""A map's drawing without a browser: as SVG for pages, on paper for PDF, as a picture for documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from engine.bpmn.strokes import Circle, Line, Rectangle, Sheet, Stroke, Text

_FONT = "DejaVuSans.ttf"
_FAMILY = "DejaVu Sans, Inter, Segoe UI, Roboto, Arial, sans-serif"
_LARGEST_PICTURE = 4_000  # pixels of its longer side


def as_svg(sheet: Sheet, title: str) -> str:
    """A document of its own, that bears ``title`` for those who cannot see it."""
    body = "".join(_svg(one) for one in sheet.strokes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(sheet.width)} {_n(sheet.height)}"'
        f' width="{_n(sheet.width)}" height="{_n(sheet.height)}" role="img" font-family="{_FAMILY}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{body}</svg>'
    )


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")


def _svg(stroke: Stroke) -> str:
    match stroke:
        case Text():
            return _svg_text(stroke)
        case Rectangle(box=box):
            shape = f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'
            return f'{shape} rx="{_n(stroke.radius)}"{_svg_pen(stroke)}/>'
        case Circle(centre=(x, y)):
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(stroke.radius)}"{_svg_pen(stroke)}/>'
        case Line():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in stroke.points)
            return f'<polyline points="{points}"{_svg_pen(stroke)}/>'


def _svg_pen(stroke: Rectangle | Circle | Line) -> str:
    dash = f' stroke-dasharray="{_n(stroke.dash[0])} {_n(stroke.dash[1])}"' if stroke.dash else ""
    return f' fill="{stroke.fill or "none"}" stroke="{stroke.ink}" stroke-width="{_n(stroke.width)}"{dash}'


def _svg_text(text: Text) -> str:
    x, y = text.at
    turned = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if text.is_upright else ""
    anchor = "middle" if text.anchor == "middle" else "start"
    lines = "".join(
        f'<tspan x="{_n(x)}" y="{_n(y + number * text.pitch)}">{escape(line)}</tspan>'
        for number, line in enumerate(text.lines)
    )
    return f'<text font-size="{_n(text.size)}" text-anchor="{anchor}" fill="{text.ink}"{turned}>{lines}</text>'


class PaperDrawing:
    """Draws on a page of an FPDF: ``scale`` millimetres to a pixel of the sheet, from ``left`` and ``top``."""

    def __init__(self, pdf: Any, *, left: float, top: float, scale: float, family: str) -> None:
        self._pdf, self._left, self._top, self._scale, self._family = pdf, left, top, scale, family

    def draw(self, sheet: Sheet) -> None:
        for stroke in sheet.strokes:
            if isinstance(stroke, Text):
                self._text(stroke)
            else:
                self._shape(stroke)
        self._pdf.set_dash_pattern()
        self._pdf.set_draw_color(0)
        self._pdf.set_fill_color(255)
        self._pdf.set_text_color(0)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._left + point[0] * self._scale, self._top + point[1] * self._scale

    def _shape(self, stroke: Rectangle | Circle | Line) -> None:
        pdf, scale = self._pdf, self._scale
        pdf.set_line_width(stroke.width * scale)
        pdf.set_draw_color(stroke.ink)
        if stroke.fill:
            pdf.set_fill_color(stroke.fill)
        if stroke.dash:
            pdf.set_dash_pattern(dash=stroke.dash[0] * scale, gap=stroke.dash[1] * scale)
        else:
            pdf.set_dash_pattern()
        style = "DF" if stroke.fill else "D"
        match stroke:
            case Rectangle(box=box):
                x, y = self._at((box.x, box.y))
                radius = min(stroke.radius, box.width / 2, box.height / 2) * scale
                rounded = {"round_corners": True, "corner_radius": radius} if stroke.radius else {}
                pdf.rect(x, y, box.width * scale, box.height * scale, style=style, **rounded)
            case Circle():
                x, y = self._at(stroke.centre)
                pdf.circle(x, y, stroke.radius * scale, style=style)
            case Line():
                pdf.polyline([self._at(one) for one in stroke.points], style=style)

    def _text(self, text: Text) -> None:
        pdf = self._pdf
        pdf.set_font(self._family, "", text.size * self._scale * 72 / 25.4)
        pdf.set_text_color(text.ink)
        x, y = self._at(text.at)
        for number, line in enumerate(text.lines):
            width, down = pdf.get_string_width(line), number * text.pitch * self._scale
            shift = width / 2 if text.anchor == "middle" else 0
            if text.is_upright:
                with pdf.rotation(90, x + down, y):
                    pdf.text(x + down - shift, y, line)
            else:
                pdf.text(x - shift, y + down, line)


def as_png(sheet: Sheet, *, fonts: Path) -> bytes:
    """The sheet as a picture, at twice its size where that is not too large."""
    scale = min(2.0, _LARGEST_PICTURE / max(sheet.width, sheet.height))
    image = Image.new("RGB", (max(1, round(sheet.width * scale)), max(1, round(sheet.height * scale))), "#ffffff")
    picture = _Canvas(image, scale, fonts / _FONT)
    for stroke in sheet.strokes:
        picture.add(stroke)
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=6)
    return written.getvalue()


class _Canvas:
    def __init__(self, image: Image.Image, scale: float, font: Path) -> None:
        self._image, self._draw, self._scale, self._font = image, ImageDraw.Draw(image), scale, font
        self._fonts: dict[float, ImageFont.FreeTypeFont] = {}

    def add(self, stroke: Stroke) -> None:
        match stroke:
            case Text():
                self._text(stroke)
            case Rectangle(box=box):
                corners = self._points(((box.x, box.y), (box.x + box.width, box.y + box.height)))
                if self._shows(stroke.dash):
                    self._dashed(_around(stroke), stroke)
                else:
                    self._draw.rounded_rectangle(
                        corners, stroke.radius * self._scale, stroke.fill or None, stroke.ink, self._pen(stroke)
                    )
            case Circle(centre=(x, y), radius=radius):
                corners = self._points(((x - radius, y - radius), (x + radius, y + radius)))
                self._draw.ellipse(corners, stroke.fill or None, stroke.ink, self._pen(stroke))
            case Line():
                if stroke.fill:
                    self._draw.polygon(self._points(stroke.points), stroke.fill)
                if self._shows(stroke.dash):
                    self._dashed(stroke.points, stroke)
                else:
                    self._draw.line(self._points(stroke.points), stroke.ink, self._pen(stroke), joint="curve")

    def _shows(self, dash: tuple[float, float] | None) -> bool:
        """Dashes smaller than the points of the picture are a plain line, and there may be very many of them."""
        return dash is not None and dash[0] * self._scale >= 1

    def _pen(self, stroke: Rectangle | Circle | Line) -> int:
        return max(1, round(stroke.width * self._scale))

    def _points(self, points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def _dashed(self, points: tuple[tuple[float, float], ...], stroke: Rectangle | Line) -> None:
        for part in _dashes(points, *(stroke.dash or (1.0, 0.0))):
            self._draw.line(self._points(part), stroke.ink, self._pen(stroke))

    def _text(self, text: Text) -> None:
        font = self._fonts.get(text.size)
        if font is None:
            font = self._fonts[text.size] = ImageFont.truetype(str(self._font), max(1.0, text.size * self._scale))
        anchor = "ms" if text.anchor == "middle" else "ls"
        x, y = (one * self._scale for one in text.at)
        for number, line in enumerate(text.lines):
            down = number * text.pitch * self._scale
            if text.is_upright:
                self._upright(line, font, text.ink, (x + down, y))
            else:
                self._draw.text((x, y + down), line, fill=text.ink, font=font, anchor=anchor)

    def _upright(self, line: str, font: ImageFont.FreeTypeFont, ink: str, at: tuple[float, float]) -> None:
        left, top, right, bottom = font.getbbox(line, anchor="ls")
        size = max(1, round(right - left)), max(1, round(bottom - top))
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).text((-left, -top), line, fill=255, font=font, anchor="ls")
        mask = mask.rotate(90, expand=True)
        self._image.paste(ink, (round(at[0] + top), round(at[1] - mask.height / 2)), mask)


def _around(stroke: Rectangle) -> tuple[tuple[float, float], ...]:
    box = stroke.box
    right, bottom = box.x + box.width, box.y + box.height
    return ((box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom), (box.x, box.y))


def _dashes(
    points: tuple[tuple[float, float], ...], dash: float, gap: float
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The drawn parts of a line, dash by dash."""
    for (x, y), (to_x, to_y) in pairwise(points):
        length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
        done = 0.0
        while done < length:
            end = min(done + dash, length)
            yield (
                (x + (to_x - x) * done / length, y + (to_y - y) * done / length),
                (x + (to_x - x) * end / length, y + (to_y - y) * end / length),
            )
            done = end + gap
