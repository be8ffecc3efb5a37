"""Debian's chromium, driven by PyPI's Playwright for Python: for tests that look at pages as people do."""
import contextlib
import sys

from . import pip
from .paths import ROOT, program

# As root chromium has no sandbox to offer; nothing that its maker would be told or asked.
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage")


@contextlib.contextmanager
def opened():
    """A chromium (playwright.sync_api.Browser), closed in the end. Where it cannot be had, a HarnessError says what is missing."""
    chromium = program("chromium", "chromium")
    folder = pip.environment(ROOT / "tests/web/requirements.txt", "browser-pip", "what drives a browser")
    found, = folder.glob("lib/python3*/site-packages")
    if str(found) not in sys.path:
        sys.path.append(str(found))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_OPTIONS)
        yield browser
        browser.close()


class Page:
    """A page of a server, and all that is amiss on it: `faults` is to be empty."""

    def __init__(self, browser, base_url, width=1200, scheme="light"):
        self.faults = []
        self.context = browser.new_context(base_url=base_url, ignore_https_errors=True, color_scheme=scheme,
                                           viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        # An event stream ends by being left.
        self.page.on("requestfailed", lambda r: r.url.endswith("/stream") or self.faults.append(f"{r.url} failed"))
        self.page.on("request", lambda r: self._look_at(r.url, base_url))

    def _look_at(self, url, base_url):
        if not url.startswith((base_url + "/", "data:", "blob:")):
            self.faults.append(f"{url} is elsewhere")
