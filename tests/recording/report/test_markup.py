"""Markup: whatever text goes in, the same text comes out, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from rudel.recording.report.markup import LONGEST, clean, el, join


class Reader(HTMLParser):
    """Everything in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


@given(st.text(max_size=60) | st.sampled_from(["<b>", "'\"><i x=", "&lt;", "</p>", "]]>", "\u202e\ud800\x00"]))
def test_text_and_attributes_come_back(text: str) -> None:
    shown = clean(text).replace("\r", "\n") if "\r" in text else clean(text)
    seen = Reader(el("p", text, title=text, data_x=text)).seen
    head, body = seen[0], "".join(str(part) for part in seen[1:])
    assert isinstance(head, tuple)
    assert head[0] == "p"
    for value in (head[1]["title"], head[1]["data-x"], body):
        assert value.replace("\r", "\n") == shown


@given(st.text())
def test_clean_text_can_be_written_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned
    assert len(cleaned) <= LONGEST


def test_children() -> None:
    assert el("p", "a", None, [el("b", "c"), ["<"]], class_="x", hidden=True, id=None) == (
        '<p class="x" hidden="">a<b>c</b>&lt;</p>'
    )
    assert join("<", el("br")) == "&lt;<br>"
