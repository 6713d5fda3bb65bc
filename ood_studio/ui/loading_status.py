"""The page does not keep a loading status of what handlers read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import gradio

_ASSETS: Final = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
_METHOD: Final = "resolve_args"  # of the class that keeps the statuses: those which an event changes


@cache
def without_inputs() -> str:
    """A script for a page's head that leaves a handler's inputs out of the statuses that its event changes.

    Gradio gives every input of a handler that has answered a status, for boxes that stream, and from then on tells it
    to each of them whenever any event begins or ends, looking each up in the whole page (gradio 6.31): the larger part
    of what the page computed when a tab was opened. No box of this app streams. Empty where gradio has no such class.
    """
    found = (file.name for file in _ASSETS.glob("statustracker-*.js") if f"{_METHOD}(" in file.read_text("utf-8"))
    if (name := next(found, None)) is None:
        return ""
    return f"""<script>
import("./assets/{name}").then((module) => {{
  for (const {{ prototype }} of Object.values(module)) {{
    const given = prototype?.{_METHOD};
    if (given) prototype.{_METHOD} = function (event) {{
      return given.call(this, event).filter((status) => status.type !== "input");
    }};
  }}
}});
</script>"""
