"""Pages in Debian's Chromium, served by a whole stack.

A test opens a `visit` (a browser context that notes what leaves the origin and what the policy
stops) and holds every state of a page to `look`: axe, reflow, focus, light and dark.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.stack.conftest import Running, eventually, launch_backshop

WIDTHS = (360, 768, 1280)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOTES = (
    "window.violations = []; document.addEventListener('securitypolicyviolation',"
    " e => violations.push(e.violatedDirective + ' ' + e.blockedURI))"
)
COVERED = """() => {
  const on = document.activeElement, box = on.getBoundingClientRect();
  if (on === document.body || !box.width) return '';
  const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const seen = at && (on.contains(at) || at.contains(on) || on.labels?.[0]?.contains(at));
  const ring = e => e && getComputedStyle(e).outlineStyle !== 'none';
  return (seen ? '' : 'covered: ') + (ring(on) || ring(on.closest('label')) ? '' : 'no outline: ')
    ? on.outerHTML.slice(0, 200) : '';
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.pages)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is missing: apt-get install chromium fonts-noto-core, where apt is")
    playwright = pytest.importorskip("playwright.sync_api", reason="make test-pages installs it")
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole application, as `make run` starts it."""
    folder = tmp_path_factory.mktemp("pages")
    # pytest's own, not the folder of all temporary files
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o711)
    running = launch_backshop(folder / "state", orders=30)
    try:
        running.until_synced()
        yield running
    finally:
        running.stop()


@dataclass
class Visit:
    """A browser context with one page, and what it did that it should not."""

    context: Any
    page: Any
    base: str
    foreign: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        return self.page.goto(self.base + path)

    def no_leaks(self) -> None:
        """Nothing left the origin, and the policy stopped nothing."""
        assert self.foreign == []
        assert self.page.evaluate("window.violations") == []


@pytest.fixture
def visiting(browser: Any, stack: Running) -> Callable[..., Any]:
    """Opens a `Visit`: `with visiting(width=360, scheme="dark") as visit`."""

    @contextmanager
    def visit(
        width: int = 360,
        scheme: str = "light",
        *,
        host: str = "shop.localhost",
        allowed: tuple[str, ...] = (),
        scripts: bool = True,
        **options: Any,
    ) -> Iterator[Visit]:
        port = stack.base_url.rpartition(":")[2]
        base = f"http://{host}:{port}"
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            is_mobile=width < 700,
            has_touch=width < 700,
            locale="en-GB",
            timezone_id="UTC",
            color_scheme=scheme,
            reduced_motion="reduce",
            java_script_enabled=scripts,
            **options,
        )
        context.set_default_timeout(8_000)
        context.set_default_navigation_timeout(45_000)
        made = Visit(context, context.new_page(), base)
        made.page.add_init_script(NOTES)

        def stop(route: Any) -> None:
            made.foreign.append(route.request.url)
            route.abort()

        context.route(lambda url: not url.startswith((base, "blob:", *allowed)), stop)
        try:
            yield made
        finally:
            context.close()

    return visit


def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def look(page: Any, name: str = "") -> None:
    """The page as it stands: nothing for axe, at 320 px nothing to the side, focus is seen."""
    page.wait_for_load_state()
    page.evaluate(axe() + ";0")
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)["violations"]
    said = [f"{each['id']}: {[node['html'][:150] for node in each['nodes']]}" for each in found]
    assert not said, f"{name or page.url}: {said}"
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.set_viewport_size(size)
    assert wide <= 0, f"{name or page.url} scrolls sideways by {wide} px at 320 px"


def tab_through(page: Any, stops: int = 60) -> int:
    """Press Tab through the page; how many places took the focus, all seen and outlined."""
    page.evaluate("document.activeElement.blur()")
    for number in range(stops):
        page.keyboard.press("Tab")
        assert not (hidden := page.evaluate(COVERED)), hidden
        if page.evaluate("document.activeElement === document.body"):
            return number
    return stops


__all__ = ["Running", "eventually"]
