"""Pages of the PDF: a banner on each of a simulated round, and at the foot what it is and which page of how many."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from rudel.recording.report.drawing import COLOURS
from rudel.recording.report.language import Language
from rudel.recording.report.markup import clean
from rudel.recording.report.pdf_drawing import BOLD, PLAIN

_BANNER = "#ffd84d"
_LONGEST = 110  # signs at the foot


class NumberedPages(Canvas):
    """A canvas that keeps its pages until their number is known."""

    def __init__(self, *args: Any, banner: str, foot: str, language: Language, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._banner, self._foot, self._language = banner, clean(foot, _LONGEST), language
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # reportlab's name
        """Keep this page, begin the next."""
        self._kept.append(dict(self.__dict__))
        self._startPage()  # pyright: ignore[reportAttributeAccessIssue]  # the stubs leave it out

    def save(self) -> None:
        """Write all pages."""
        kept = self._kept
        for number, page in enumerate(kept, 1):
            self.__dict__.update(page)
            self._edges(number, len(kept))
            super().showPage()
        super().save()

    def _edges(self, number: int, pages: int) -> None:
        if self._banner:
            self.setFillColor(HexColor(_BANNER))
            self.rect(0, A4[1] - 10 * mm, A4[0], 10 * mm, stroke=0, fill=1)
            self.setFillColor(HexColor(COLOURS["ink"]))
            self.setFont(BOLD, 9)
            self.drawCentredString(A4[0] / 2, A4[1] - 6.5 * mm, self._banner)
        self.setFillColor(HexColor(COLOURS["soft"]))
        self.setFont(PLAIN, 7.5)
        self.drawString(16 * mm, 9 * mm, self._foot)
        page = self._language.say("page.of", page=number, pages=pages)
        self.drawRightString(A4[0] - 16 * mm, 9 * mm, page)
