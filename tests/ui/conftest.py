"""The app, served once for all interface tests, and a real browser to drive it."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from typing import Any

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
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh browser session on an empty page; fails if anything is asked of another machine."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(re.sub(r"^\w+:(//([^/:]*))?.*", r"\2", request.url)))
    yield page
    context.close()
    assert hosts - {""} <= {"127.0.0.1"}, hosts
