"""What an update leaves out of a `gr.HTML` stays as it is, also where its tab was never opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradio import blocks

from ood_studio.ui.mending import mend

_MARK = "__type__"  # of an update; no property of anything


def keep_html_props() -> None:
    """Mends gradio's answers: it counts an update's own mark among an HTML component's template properties.

    Even an answer that changes nothing then puts ``{"__type__": "update"}`` in their place. A component that the page
    has not drawn yet takes that for all it has, so figures and sliders of a tab opened later have lost what they are
    (gradio 6.31). Changes nothing where gradio does not do so, or when called again.
    """
    mend(blocks, "postprocess_update_dict", _without_mark)


def _without_mark(given: Callable[..., Any]) -> Callable[..., Any]:
    def mended(*values: Any, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = given(*values, **more)
        props = found.get("props")
        if isinstance(props, dict) and props.pop(_MARK, None) and not props:
            del found["props"]
        return found

    return mended
