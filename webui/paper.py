"""Paper for what people print: A4 with our fonts, and a foot on every page."""

from __future__ import annotations

from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONT, MONO = "DejaVu", "DejaVuMono"
MARGIN = 18  # millimetres
_FILES = {(FONT, ""): "DejaVuSans.ttf", (FONT, "B"): "DejaVuSans-Bold.ttf", (MONO, ""): "DejaVuSansMono.ttf"}
_LABEL = 46  # millimetres
_KEPT_TOGETHER = 24  # millimetres: no heading at the foot of a page without anything under it
_TITLE, _NAME, _BODY, _SMALL = 16, 11, 9, 7  # points


class FontsMissing(RuntimeError):
    """The installation is incomplete; its owner runs the build."""

    def __str__(self) -> str:
        return "the fonts for PDF are missing from webui/static/dist/fonts: run `make build`"


class Paper(FPDF):
    """``footer`` stands at the foot of each page, before its number. Raises FontsMissing."""

    def __init__(self, fonts: Path, *, footer: str) -> None:
        super().__init__(format="A4")
        self._foot = footer
        for (family, style), name in _FILES.items():
            if not (fonts / name).is_file():
                raise FontsMissing
            self.add_font(family, style, fonts / name)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, "", _SMALL)
        self.cell(0, 4, f"{self._foot} · {self.page_no()}", align="C")

    def heading(self, text: str) -> None:
        self.set_font(FONT, "B", _TITLE)
        self._write(text, 9)
        self.ln(2)

    def subheading(self, text: str) -> None:
        if self.will_page_break(_KEPT_TOGETHER):
            self.add_page()
        else:
            self.ln(4)
        self.set_font(FONT, "B", _NAME)
        self._write(text, 6)

    def paragraph(self, text: str) -> None:
        self.set_font(FONT, "", _BODY)
        self._write(text, 5)

    def caption(self, text: str, left: float, top: float, width: float) -> None:
        """Small words under a picture; what follows goes on where it would have."""
        x, y = self.get_x(), self.get_y()
        self.set_font(FONT, "", _SMALL)
        self.set_xy(left, top)
        self.cell(width, 4, text, align="C")
        self.set_xy(x, y)

    def line_of(self, label: str, text: str) -> None:
        self._labelled(label, text, FONT, _BODY)

    def hash_of(self, label: str, text: str) -> None:
        self._labelled(label, text, MONO, _SMALL)

    def _labelled(self, label: str, text: str, family: str, size: int) -> None:
        self.set_font(FONT, "", _BODY)
        self.set_text_color(90)
        if self.get_string_width(label) > _LABEL - 2:  # a long label has a line of its own
            self._write(label, 5)
            self.set_x(self.l_margin + _LABEL)
        else:
            self.cell(_LABEL, 5, label)
        self.set_text_color(0)
        self.set_font(family, "", size)
        self._write(text or "—", 5)

    def _write(self, text: str, height: float) -> None:
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
