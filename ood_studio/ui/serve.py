"""Launches the app, locally or on a Space."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from ood_studio.backbones import DEFAULT
from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_folder, sweep_below
from ood_studio.core.memory import steady_memory
from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import silent, stoppable
from ood_studio.hub.device import Device, Precision
from ood_studio.ui import mcp_tools, temporary

_ATTEMPTS = 4
_SWEEP = 60.0  # seconds between looks at the folders of uploads


def _port(text: str) -> int | None:
    """A port from its text; None for what is none."""
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    return found if 0 < found < 65_536 else None


@dataclass(frozen=True)
class Serve:
    """How to serve the app."""

    host: Annotated[str, Help("Address to bind; this machine alone unless GRADIO_SERVER_NAME is set")] = os.environ.get(
        "GRADIO_SERVER_NAME", "127.0.0.1"
    )
    port: Annotated[int, Bounds(1, 65_535, step=1, help="Port to bind; GRADIO_SERVER_PORT where that is set")] = (
        _port(os.environ.get("GRADIO_SERVER_PORT", "")) or 7860
    )
    backbone: Annotated[str, Help("Model chosen at the start")] = DEFAULT
    device: Device = "auto"
    precision: Precision = "auto"
    share: Annotated[bool, Help("Make a public gradio.live link; needs a network")] = False
    hosted: Annotated[bool, Help("Let visitors name no file, folder or large model of this machine")] = False
    trusted: Annotated[bool, Help("Let them; else the app is hosted on a Space, with --share and for any --host")] = (
        False
    )
    presenter: Annotated[bool, Help("Larger type and no footer, for a projector")] = False
    mcp: Annotated[bool, Help("Also serve the API as MCP tools; needs the package mcp")] = False
    run_history: Annotated[bool, Help("Let browsers keep past calls with their pictures, on gradio's page of runs")] = (
        False
    )

    def __post_init__(self) -> None:
        check(self)

    @property
    def for_strangers(self) -> bool:
        """Whether others than the owner of this machine may come: the one setting that decides what they may name."""
        public = bool(os.environ.get("SPACE_ID")) or self.share or not _is_loopback(self.host)
        return not self.trusted and (self.hosted or public)


@dataclass(frozen=True)
class Server:
    """A running server: its local address, and how to stop it."""

    address: str
    close: Callable[[], None]


def serve(options: Serve, block: bool = True) -> Server:
    """Starts the server; with ``block`` returns only after it was stopped.

    Raises:
        StudioError: if the host or the port cannot be had, or the MCP package is missing or not one that gradio uses.
    """
    _check(options)
    _check_place(options.host, options.port)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Gradio sums up all calls of programs since its start for a page of its own, as often as it is told: after each.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
    steady_memory()
    _check_uploads()
    from ood_studio.studio import ExploreRequest, LabelChoice, Studio
    from ood_studio.ui.blocks import build
    from ood_studio.ui.explore.examples import example_folders
    from ood_studio.ui.theme import frame, studio_theme, style
    from ood_studio.ui.visitors import jobs_for, middleware_for, rules_for, sessions_kept

    strangers = options.for_strangers
    rules = rules_for(options.backbone) if strangers else None
    studio = Studio(options.device, workers=0, hosted=rules, precision=options.precision)
    jobs = jobs_for(rules)
    blocks = build(studio, options.backbone, jobs)
    blocks.queue(default_concurrency_limit=8)
    launch = partial(
        blocks.launch,
        server_name=options.host,
        server_port=options.port,
        share=options.share,
        mcp_server=options.mcp,
        theme=studio_theme(),
        css=style(options.presenter),
        head=frame(),
        prevent_thread_lock=True,
        show_error=not strangers,
        ssr_mode=False,
        run_history=options.run_history,
        max_file_size="200mb",
        state_session_capacity=sessions_kept(),
        app_kwargs={"middleware": middleware_for(strangers)},
        allowed_paths=[str(folder) for folder in example_folders()],
        footer_links=[] if options.presenter else ["api", "settings", "runs"],  # the last one only where there are any
    )
    address = _launched(launch, blocks.close, options)
    if options.mcp:
        try:
            mcp_tools.take_lists(blocks)
        except StudioError:
            blocks.close()
            raise
    choice = ExploreRequest(LabelChoice(backbone=options.backbone))
    closing = threading.Event()
    progress = stoppable(silent, closing.is_set)
    warm_up = threading.Thread(target=studio.warm_up, args=(choice, progress), name="warm-up", daemon=True)
    warm_up.start()
    threading.Thread(target=_keep_clear, args=(closing, strangers), name="keep-clear", daemon=True).start()

    def close() -> None:
        blocks.close()
        closing.set()
        # A thread inside torch may not be cut off by the end of the process.
        jobs.close()
        warm_up.join()

    if block:
        blocks.block_thread()
        close()
    return Server(address, close)


def _check(options: Serve) -> None:
    if options.hosted and options.trusted:
        raise StudioError("the app is either --hosted or --trusted; leave one of them out")
    given = os.environ.get("GRADIO_SERVER_PORT", "")
    if given and _port(given) is None:
        raise StudioError(f"GRADIO_SERVER_PORT must be a whole number from 1 to 65,535, not {given[:40]!r}")
    if options.mcp and options.for_strangers:
        raise StudioError("MCP tools fetch files from any address, so they are not for strangers; add --trusted")
    if options.mcp:
        mcp_tools.check_package()


def _check_place(host: str, port: int) -> None:
    """Tells at once what is wrong with an address, which gradio would try for half a minute.

    Raises:
        StudioError: if there is no such host, it is another machine's, or the port cannot be had.
    """
    advice = "--host takes an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all that it has"
    try:
        places = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise StudioError(f"there is no host {host[:100]}; {advice}") from None
    for family, kind, protocol, _, address in places:
        try:
            with socket.socket(family, kind, protocol) as tried:
                if os.name != "nt":  # where it would take a port from another program
                    tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
        except OSError as error:
            why = {
                errno.EADDRNOTAVAIL: f"{host} is no address of this machine; {advice}",
                errno.EADDRINUSE: f"port {port} on {host} is taken by another program; choose another with --port",
                errno.EACCES: f"port {port} may not be used by this account; choose one above 1023 with --port",
            }
            if error.errno in why:
                raise StudioError(why[error.errno]) from None


def _check_uploads() -> None:
    temporary.own_uploads()
    try:
        with scratch_folder(temporary.folder(temporary.UPLOADS)):
            pass
    except OSError as error:
        where = os.environ[temporary.ENVIRONMENT]
        raise StudioError(
            f"uploads cannot be kept in {where} ({error.strerror or error}); name a folder that can be written in "
            f"{temporary.ENVIRONMENT}"
        ) from None


def _is_loopback(host: str) -> bool:
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:  # the name of a machine
        return False


def _keep_clear(closing: threading.Event, strangers: bool) -> None:
    """What killed processes left goes at the start; folders of uploads are kept within their bounds from then on."""
    sweep_below(cache_dir())
    while True:
        for name in temporary.MOST:
            with suppress(OSError):
                temporary.bound(name)
        if strangers:
            from ood_studio.ui.visitors import bound_sets

            bound_sets()
        if closing.wait(_SWEEP):
            return


def _launched(launch: Callable[[], Any], close: Callable[[bool], None], options: Serve) -> str:
    """The address at which the app answers."""
    attempts = 0
    while True:
        attempts += 1
        try:
            return str(launch()[1])
        except OSError:  # gradio's sentence is long and on its own settings
            raise StudioError(
                f"port {options.port} on {options.host} cannot be used; choose another with --port"
            ) from None
        except ValueError as error:  # gradio asks its own server whether it answers, and gives up after 3 seconds
            close(False)
            if attempts == _ATTEMPTS:
                raise StudioError(
                    f"the app at {options.host}:{options.port} does not answer ({error}); the computer may be busy: "
                    "try again"
                ) from None
