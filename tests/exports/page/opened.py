"""A page as a person sees it: Debian's Chromium, headless, with nothing to reach outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import needs

WIDTHS = {390: 844, 1280: 800, 1920: 1080}
"""A phone, a desk and a wall: width and height in pixels."""


@dataclass
class Opened:
    """An open page, what its console complained about and what it asked for outside its own file."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def overflow(self) -> list[str]:
        """Elements that stick out of the window to the right; what scrolls in its own box does not."""
        return self.page.evaluate("""() => [...document.querySelectorAll("body *")].filter((element) => {
            if (element.closest(".scroll, svg, .skip")) return false;
            const box = element.getBoundingClientRect();
            return box.width > 0 && box.right > document.documentElement.clientWidth + 1;
        }).map((element) => element.tagName + "." + element.className).slice(0, 10)""")

    def axe(self) -> list[str]:
        """What axe-core finds serious or critical: rule, count and the first place."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:120]} {each['nodes'][0]['failureSummary'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; without Chromium the test is skipped with the reason (in CI it fails)."""
    program = needs("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(program),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync", "--no-first-run"],
        )  # fmt: skip
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, file: Path, width: int = 1280, dark: bool = False) -> Iterator[Opened]:
    """The page of a file at a width of WIDTHS; fails at the end if the console complained or anything outside was asked for."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme="dark" if dark else "light", locale="zh-CN"
    )
    page = context.new_page()
    seen = Opened(page)
    page.on("console", lambda message: message.type in ("error", "warning") and seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(file.as_uri())
    try:
        yield seen
    finally:
        context.close()
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith((file.as_uri(), "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running
