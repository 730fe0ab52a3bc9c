"""The page in a real browser: wide, narrow, dark, without script, printed; it asks for and complains of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rudel.recording.report import write_report
from tests.recording.report import chromium
from tests.recording.report import rounds as fixture


@pytest.mark.slow
@pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine")
def test_page_in_a_browser(tmp_path: Path) -> None:
    paths = write_report(fixture.made(tmp_path / "round"), tmp_path / "out", "de", pictures=tmp_path / "round")
    with chromium.browser(tmp_path / "profile") as browser:
        for width, dark, script in ((1280, False, True), (390, True, True), (320, False, False)):
            browser.show(paths.html, width, 800, script=script, dark=dark)
            size = browser.ask("Page.getLayoutMetrics")["cssContentSize"]
            assert size["width"] == width  # nothing sticks out to the side
            if script:
                headline = browser.value("document.querySelector('.headline').getBoundingClientRect().bottom")
                assert 0 < headline < 800  # seen without scrolling
                assert browser.value(
                    "[...document.images].filter(i => i.src).every(i => i.complete && i.naturalWidth > 0)"
                )
        browser.show(paths.html, 1280, 800)
        hidden = "document.querySelectorAll('.card[hidden]').length"
        assert browser.value(hidden) == 0
        browser.value("document.querySelector('.chips [data-severity=critical]').click()")
        assert browser.value(hidden) == 12
        browser.value("location.hash = '#f9'")
        assert browser.value("new Promise(done => setTimeout(() => done(0), 50)) && 0") == 0
        browser.value("document.getElementById('theme').click()")
        assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"
        browser.value("document.querySelector('.pair img').click()")
        assert browser.value("document.getElementById('zoom').open") is True
        assert len(browser.printed()) > 100_000
        assert {address.partition(":")[0] for address in browser.requests} <= {"file", "data"}
        assert {a for a in browser.requests if a.startswith("file:")} == {paths.html.resolve().as_uri()}
        assert browser.complaints == []
