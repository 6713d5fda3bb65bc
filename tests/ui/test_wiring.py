"""What a handler's errors become."""

from __future__ import annotations

import gradio as gr
import pytest
import torch

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY
from ood_studio.ui.wiring import guarded


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StudioError("no <b>such</b> label"), "no <b>such</b> label"),
        (OSError(30, "Read-only file system", "/srv/secret"), "read or written here (Read-only file system)"),
        (MemoryError(), LACKS_MEMORY),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), LACKS_MEMORY),
    ],
)
def test_errors_are_said_in_one_sentence_and_change_nothing_else(error: Exception, said: str) -> None:
    box, notices = gr.Textbox(), gr.HTML()

    def handler() -> str:
        raise error

    found = guarded(handler, [box], notices)()
    assert list(found) == [notices] and said in str(found[notices]) and "secret" not in str(found[notices])


def test_what_nobody_foresaw_is_not_hidden() -> None:
    def handler() -> str:
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        guarded(handler, [gr.Textbox()], gr.HTML())()
