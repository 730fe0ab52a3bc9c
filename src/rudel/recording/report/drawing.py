"""Drawings (maps, plots) as a list of shapes: the same one goes into the HTML page as SVG and into the PDF.

Units are those of the drawing, x to the right, y down. Colours are names: each output has its own shade of them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from rudel.recording.report.markup import Markup, el
from rudel.recording.report.pictures import Jpeg

COLOURS = {  # on white paper; the page's style sheet has them for light and dark
    "ink": "#1b1f24",
    "soft": "#5b6570",
    "grid": "#d5dae0",
    "band": "#dcefe3",
    "paper": "#ffffff",
    "white": "#ffffff",
    "way": "#1f6fd6",
    "good": "#18794e",
    "critical": "#b3261e",
    "major": "#c2410c",
    "minor": "#946200",
    "info": "#0b61a4",
}
XY = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A polyline."""

    points: Sequence[XY]
    colour: str
    width: float = 1.5
    dashed: bool = False


@dataclass(frozen=True)
class Patch:
    """A filled rectangle: x, y of its upper left corner, width, height."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Disc:
    """A circle; filled with ``colour``, or hollow. ``link``: id on the page that it leads to."""

    x: float
    y: float
    radius: float
    colour: str
    hollow: bool = False
    link: str = ""
    label: str = ""


@dataclass(frozen=True)
class Label:
    """Text; ``anchor`` is start, middle or end."""

    x: float
    y: float
    text: str
    colour: str = "soft"
    size: float = 11.0
    anchor: str = "start"


@dataclass(frozen=True)
class Photo:
    """A picture in a rectangle."""

    x: float
    y: float
    width: float
    height: float
    jpeg: Jpeg


Shape = Line | Patch | Disc | Label | Photo


@dataclass(frozen=True)
class Drawing:
    """Shapes, the first at the bottom; ``title`` says for those who cannot see it what it shows."""

    width: float
    height: float
    title: str
    shapes: Sequence[Shape] = field(default_factory=tuple[Shape, ...])


def svg(drawing: Drawing, class_: str = "") -> Markup:
    """As an SVG element for the HTML page; colours are classes of its style sheet."""
    size = f"0 0 {_n(drawing.width)} {_n(drawing.height)}"
    shapes = [_svg(shape) for shape in drawing.shapes]
    return el("svg", el("title", drawing.title), shapes, viewBox=size, role="img", class_=class_ or None)


def data_uri(jpeg: Jpeg) -> Markup:
    """The picture itself as an address."""
    return Markup("data:image/jpeg;base64," + base64.b64encode(jpeg.data).decode())


def _svg(shape: Shape) -> Markup:
    match shape:
        case Line():
            points = Markup(" ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points))  # however long
            dash = "5 4" if shape.dashed else None
            width = _n(shape.width)
            return el("polyline", points=points, class_=f"s-{shape.colour}", stroke_width=width, stroke_dasharray=dash)
        case Patch():
            where = {"x": _n(shape.x), "y": _n(shape.y), "width": _n(shape.width), "height": _n(shape.height)}
            return el("rect", **where, class_=f"f-{shape.colour}")
        case Disc():
            where = {"cx": _n(shape.x), "cy": _n(shape.y), "r": _n(shape.radius)}
            kind = f"f-paper s-{shape.colour}" if shape.hollow else f"f-{shape.colour}"
            name = el("title", shape.label) if shape.label else None
            disc = el("circle", name, **where, class_=kind, stroke_width=1.5 if shape.hollow else None)
            return el("a", disc, href=f"#{shape.link}") if shape.link else disc
        case Label():
            where = {"x": _n(shape.x), "y": _n(shape.y), "font_size": _n(shape.size)}
            return el("text", shape.text, **where, text_anchor=shape.anchor, class_=f"f-{shape.colour} t")
        case Photo():
            where = {"x": _n(shape.x), "y": _n(shape.y), "width": _n(shape.width), "height": _n(shape.height)}
            return el("image", href=data_uri(shape.jpeg), preserveAspectRatio="none", **where)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
