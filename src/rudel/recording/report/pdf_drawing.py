"""Drawings and text as the PDF has them: fonts, a drawing as a part of the page, paragraphs that escape their text."""

from __future__ import annotations

import io
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, Paragraph

from rudel.recording.report.drawing import COLOURS, Disc, Drawing, Label, Line, Patch, Photo, Shape
from rudel.recording.report.markup import clean
from rudel.recording.report.pictures import Jpeg

TableCommand = tuple[Any, ...]  # what reportlab takes as a line of a table style
PLAIN, BOLD = "RudelSans", "RudelSans-Bold"


@cache
def fonts() -> None:
    """Register DejaVu Sans, which comes with matplotlib: Latin, Greek and Cyrillic letters, embedded in the file."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(PLAIN, folder / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, folder / "DejaVuSans-Bold.ttf"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


def style(size: float = 9.0, colour: str = "ink", bold: bool = False, **more: object) -> ParagraphStyle:
    """A style of paragraphs; ``more`` as reportlab names it."""
    fonts()
    name = BOLD if bold else PLAIN
    settings = {"fontName": name, "fontSize": size, "leading": 1.35 * size, "textColor": HexColor(COLOURS[colour])}
    return ParagraphStyle("rudel", **{**settings, **more})


def text(words: str, form: ParagraphStyle) -> Paragraph:
    """A paragraph of text from anywhere: nothing in it is taken for markup (which could name files to be opened)."""
    return Paragraph(escape(clean(words), quote=False), form)


def photo(jpeg: Jpeg, width: float, height: float) -> Image:
    """A picture that fits into width x height [pt]."""
    scale = min(width / jpeg.width, height / jpeg.height)
    return Image(io.BytesIO(jpeg.data), jpeg.width * scale, jpeg.height * scale, hAlign="LEFT")


class Drawn(Flowable):
    """A drawing, scaled to ``width`` [pt] or less, so that it is no higher than ``tallest`` [pt]."""

    def __init__(self, drawing: Drawing, width: float, tallest: float) -> None:
        super().__init__()
        self._drawing = drawing
        self._scale = min(width / drawing.width, tallest / drawing.height)
        self.width, self.height = drawing.width * self._scale, drawing.height * self._scale

    def wrap(self, *room: float) -> tuple[float, float]:
        """Its size [pt]."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw on ``self.canv``, upside down: there y points up."""
        fonts()
        self.canv.scale(self._scale, self._scale)
        for shape in self._drawing.shapes:
            self._shape(shape, self._drawing.height)

    def _shape(self, shape: Shape, top: float) -> None:
        pen = self.canv
        match shape:
            case Line():
                pen.setStrokeColor(HexColor(COLOURS[shape.colour]))
                pen.setLineWidth(shape.width)
                pen.setDash([5, 4] if shape.dashed else [])
                line = pen.beginPath()
                for i, (x, y) in enumerate(shape.points):
                    (line.lineTo if i else line.moveTo)(x, top - y)
                pen.drawPath(line)
                pen.setDash([])
            case Patch():
                pen.setFillColor(HexColor(COLOURS[shape.colour]))
                pen.rect(shape.x, top - shape.y - shape.height, shape.width, shape.height, stroke=0, fill=1)
            case Disc():
                pen.setFillColor(HexColor(COLOURS["paper" if shape.hollow else shape.colour]))
                pen.setStrokeColor(HexColor(COLOURS[shape.colour]))
                pen.setLineWidth(1.5)
                pen.circle(shape.x, top - shape.y, shape.radius, stroke=int(shape.hollow), fill=1)
            case Label():
                pen.setFillColor(HexColor(COLOURS[shape.colour]))
                pen.setFont(BOLD if shape.colour == "white" else PLAIN, shape.size)
                at = {"start": pen.drawString, "middle": pen.drawCentredString, "end": pen.drawRightString}
                at[shape.anchor](shape.x, top - shape.y, clean(shape.text))
            case Photo():
                picture = ImageReader(io.BytesIO(shape.jpeg.data))
                pen.drawImage(picture, shape.x, top - shape.y - shape.height, shape.width, shape.height)
