"""The app, served once for all interface tests, and a real browser to drive it."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from ood_studio.ui.serve import Serve, serve


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the app is served."""
    server = serve(Serve(host="127.0.0.1", port=free_port(), device="cpu"), block=False)
    yield server.address
    server.close()


_AROUND = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("MediaRouter", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
)
"""What Chromium draws around its pages before anybody asks, a process a window, and what Playwright leaves out."""


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """The system's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for found in map(shutil.which, names) if found), None)
    if program is None:
        pytest.skip("no Chromium on this machine; install Debian's chromium to run the browser tests")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--disable-features={','.join(_AROUND)}",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def profile(browser: Any) -> Iterator[Any]:
    """The browser of one person, who comes back: what an app's pages are made of is read once."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    yield context
    context.close()


@pytest.fixture
def page(profile: Any) -> Iterator[Any]:
    """An empty page of a browser that remembers nothing; fails if anything is asked of another machine."""
    page = profile.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(re.sub(r"^(\w+:(//[^/]*)?).*", r"\1", request.url)))
    yield page
    forget(page, hosts)
    assert {urlsplit(host).hostname for host in hosts} <= {"127.0.0.1", None}, hosts


def forget(page: Any, origins: Iterable[str]) -> None:
    """Closes a page, and takes away what it has left in its browser."""
    page.goto("about:blank")
    tools = page.context.new_cdp_session(page)
    for origin in origins:
        if origin.startswith("http"):
            tools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    page.context.clear_permissions()
    page.close()
