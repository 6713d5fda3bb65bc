"""Blocks served by themselves, as the app serves its own."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.ui.server_start import wait_for_servers
from tests.ui.conftest import free_port

_ATTEMPTS = 10


def launched(blocks: gr.Blocks, **more: Any) -> str:
    """Their address, once they answer there, however busy the machine is."""
    wait_for_servers()
    for left in reversed(range(_ATTEMPTS)):
        try:
            return str(
                blocks.launch(
                    server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, **more
                )[1]
            )
        except (ValueError, OSError):  # gradio asks its server whether it answers for 3 seconds; a port may be taken
            blocks.close(verbose=False)
            if not left:
                raise
    raise AssertionError
