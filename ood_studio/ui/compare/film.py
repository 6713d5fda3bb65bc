"""The component that plays a film of a stream; see `ood_studio.figures.film`."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.core.paths import ASSETS
from ood_studio.ui.scripts import script

_TEMPLATE = """<div class="studio-stream" role="group" aria-label="Film of the stream" hidden>
<p class="unseen" data-part="summary"></p>
<div class="controls">
<button type="button" data-part="play">Play</button>
<label>Speed <select data-part="speed" aria-label="Speed"><option value="0.5">½</option>
<option value="1" selected>1</option><option value="2">2</option><option value="5">5</option>
<option value="20">20</option></select></label>
<label>Watched <select data-part="method" aria-label="Method that is watched"></select></label>
<input type="range" data-part="scrub" min="0" value="0" step="1" aria-label="Place in the stream">
<span data-part="where"></span><span class="unseen" role="status" data-part="said"></span>
</div>
<div data-part="stage" tabindex="0" role="application"
  aria-label="The stream. Space plays and pauses, arrow keys go picture by picture, Page keys by 25">
<div data-part="strip"></div></div>
<div class="below">
<div><table><thead><tr><th scope="col">So far</th><th scope="col">AUROC</th><th scope="col">False alarms</th>
<th scope="col">Misses</th><th scope="col">Drift alarm</th></tr></thead><tbody data-part="rows"></tbody></table>
<p class="quiet">Promised: <span data-part="promise"></span>.</p>
<h3>Drift: wealth against its alarm line</h3>
<svg data-part="wealth" role="img" aria-label="Wealth of each method’s drift alarm so far, against the alarm line">
</svg></div>
<div><h3>What it believes</h3><div data-part="memory"></div></div>
</div></div>"""


def film_box(elem_id: str) -> gr.HTML:
    """Draws the film; its value is the JSON of `ood_studio.figures.film.film`, "" for none."""
    return gr.HTML(
        "",
        elem_id=elem_id,
        html_template=_TEMPLATE,
        css_template=(ASSETS / "film.css").read_text(encoding="utf-8"),
        js_on_load=script("film"),
        apply_default_css=False,
        container=False,
    )


def film_update(box: gr.HTML, value: str) -> Any:
    """An update of the film that may come before its tab was ever opened."""
    return gr.update(value=value, **box.props)
