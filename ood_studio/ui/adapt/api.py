"""The endpoint ``/adapt`` for programs: something small is learnt, saved under a name, and told of."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

import gradio as gr

from ood_studio.adapters import parse_adapter, save
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import AdaptRequest, Studio
from ood_studio.studio.lanes import FIT
from ood_studio.ui.adapt.layout import LAYOUT, START
from ood_studio.ui.api import RARE, Given, endpoint, lane_of
from ood_studio.ui.image_sets import set_names
from ood_studio.ui.sidebar.layout import LAYOUT as SHARED


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

    def adapt(request: AdaptRequest, progress: Progress, made_set: str | None, name: str | None) -> dict[str, Any]:
        """Learns something small on a frozen model and saves it: other tools take it as an adapter, by name. Held-out
        pictures judge it."""
        parse_adapter(request.method)
        if made_set:
            request = replace(request, synthetic=_folder(made_set))
        *_, last = studio.fit(request, progress)
        assert last.adapted is not None
        record = last.adapted.record
        kept = save(last.adapted, (name or "").strip() or f"{record.adapter}-{record.key[:8]}")
        answer = {"name": kept.name, "finished": record.finished, "held_out": last.effect()}
        told = None if record.validation is None else record.validation.told
        return {**answer, **asdict(cast(Any, record)), "validation": told}

    endpoint(
        "adapt",
        START,
        adapt,
        [gr.JSON(visible=False, label="the adapter")],
        given=(
            Given("made_set", "Near-boundary pictures to learn from: a made_set of /synthesize_set or /attack_set"),
            Given("name", "What the adapter is saved as; the method and a number where empty"),
        ),
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        without=(*RARE, "data_root"),
        **lane_of(studio, FIT),
    )


def _folder(made_set: str) -> str:
    """Where a set lies that was made here.

    Raises:
        StudioError: for any other.
    """
    known = set_names()
    if made_set not in known:
        raise StudioError(f"there is no set {made_set!r} here; make one with /synthesize_set or /attack_set")
    return known[made_set][1]
