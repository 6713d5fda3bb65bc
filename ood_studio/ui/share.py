"""What is seen as a link, as the command that does the same, and once more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import gradio as gr

from ood_studio.ui.scripts import script

_TEMPLATE = """<div class="studio-share" role="group" aria-label="Share">
<button type="button" data-do="link">Copy link</button>
<button type="button" data-do="command">Copy command</button>
<button type="button" data-do="repeat">Repeat</button>
<span class="studio-share-said" role="status"></span></div>"""


def share_box(name: str) -> gr.HTML:
    """Draws the three buttons; its value is `shared_view`, and its event ``click`` is Repeat.

    Args:
        name: of the tab; the element's id begins with it.
    """
    return gr.HTML(
        "",
        elem_id=f"{name}-share",
        html_template=_TEMPLATE,
        js_on_load=script("share"),
        apply_default_css=False,
        container=False,
    )


def shared_view(tab: str, query: Mapping[str, str], command: str) -> str:
    """A view as the value of the box.

    Args:
        tab: the id of the tab, which the link opens.
        query: names and texts of the link, see `Sidebar.query`; empty texts are left out.
        command: what does the same in a terminal, see `ood_studio.studio.commands.command_line`; "" for none.
    """
    parts = {"tab": tab} | {name: text for name, text in query.items() if name != "tab"}
    return json.dumps({"query": "?" + urlencode(parts, quote_via=quote, safe=":=,/"), "command": command})


def share_update(box: gr.HTML, view: str) -> Any:
    """An update of the box that may come before its tab was ever opened."""
    # With the component's own properties: gradio forgets them until then.
    return gr.update(value=view, **box.props)
