"""A film holds what was played: verdicts, running figures, what is remembered, and pictures at their places."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr
import numpy as np
import torch
from PIL import Image

from ood_studio.core.parameters import with_values
from ood_studio.detectors import Promise
from ood_studio.evaluation.playing import play
from ood_studio.evaluation.streams import Stream
from ood_studio.figures.film import MOST_THUMBNAILS, Thumbnails, film, thumbnail_places
from ood_studio.scorers import TANL, NegLabel
from ood_studio.testing.scorers import full_reference, unit
from ood_studio.ui.compare.names import method_titles
from ood_studio.ui.compare.stream import LAYOUT, START, notes_html, read
from ood_studio.ui.form import Form


def test_a_film_is_what_was_played() -> None:
    reference = full_reference()
    assert reference.images is not None and reference.negative_text is not None
    flow = Stream(share=0.25, count=40, seed=3).draw(40, {"near": 20})
    stream = torch.empty(40, unit(1, 0).shape[1])
    outside = torch.from_numpy(flow.outside)
    stream[~outside], stream[outside] = reference.images[flow.rows[~flow.outside]], reference.negative_text[:10]
    words = tuple(f"<i>{i}</i>" for i in range(250))
    played = [
        play(
            key,
            scorer.fit(reference),
            stream,
            reference.images[40:],
            flow,
            Promise(0.2, None),
            seed=3,
            order="",
            words=words,
        )
        for key, scorer in (("neglabel", NegLabel(groups=2)), ("tanl", TANL(count=30)))
    ]
    pictures = Thumbnails([0, 39], [Image.new("RGB", (9, 9), "red")] * 2, ["a", "b"])
    titles = method_titles(each.method for each in played)
    told = json.loads(json.dumps(film(flow, played, pictures, "a promise", titles), allow_nan=False))
    assert told["count"] == 40 and told["sets"] == ["ID", "near"] and told["places"] == [0, 39]
    assert [each > 0 for each in told["of"]] == flow.outside.tolist()
    for each, method in zip(played, told["methods"], strict=True):
        assert [mark == "1" for mark in method["flagged"]] == each.flagged.tolist()
        np.testing.assert_allclose(np.array(method["wealth"]) * np.log(10), each.wealth, atol=0.02)
    first, second = told["methods"]
    assert first["memory"] is None and (second["name"], second["key"]) == ("TANL†", "tanl")
    # Followed event by event, the memory ends as the result says.
    held: dict[int, bool] = {}
    for event in second["memory"]:
        held |= dict.fromkeys(event.get("id", []), False) | dict.fromkeys(event.get("ood", []), True)
        for place in event.get("gone", []):
            held.pop(place, None)
    memory = played[1].memory()
    assert memory is not None and sorted(each for each in held if held[each]) == memory["pictures_ood"]
    assert second["memory"][-1]["at"] <= 40 and told["summary"].startswith(
        "A stream of 40 pictures: 30 ID and 10 of near"
    )
    assert " TANL, online: AUROC" in told["summary"]
    assert thumbnail_places(3) == [0, 1, 2] and len(thumbnail_places(10_000)) == MOST_THUMBNAILS


def test_methods_are_called_as_shortly_as_tells_them_apart() -> None:
    keys = ("neglabel", "neglabel+moving", "adaneg:update=after", "tanl", "tanl:mixing=0", "pseudo-msp", "no:such")
    assert [*method_titles(keys).values()] == [
        "NegLabel",
        "NegLabel, moving threshold",
        "AdaNeg",
        "TANL",
        "TANL (mixing = 0)",
        "MCM (τ = 0.01)",
        "no:such",
    ]


def test_the_view_plays_the_scorers_that_are_compared_where_the_protocol_is_chosen() -> None:
    form = Form(START, LAYOUT)
    with gr.Blocks():
        form.draw("main")
    values = [drawn.value for drawn in form.inputs()]

    class Sidebar:
        def read(self, values: Any, start: Any, own: Any) -> Any:
            assert values == ["the sidebar's"]
            return with_values(start, own)

    for preset, scorers in (("honest", START.scorers), ("chosen", ("mcm", "tanl:count=9"))):
        chosen = [preset, *values[1:], "the sidebar's", ["mcm", "tanl:count=9"]]
        request = read(Sidebar(), form, chosen)  # type: ignore[arg-type]
        assert (request.preset, request.scorers, request.stream) == (preset, scorers, START.stream)
    assert "&lt;b&gt;" in notes_html(["<b>"]) and not notes_html([])
