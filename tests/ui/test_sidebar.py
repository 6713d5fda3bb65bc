"""What is chosen once for all tabs: what it means, how it is read, what of it goes into a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, with_values
from ood_studio.labels.negmining import Mining
from ood_studio.scorers import NegLabel
from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice, Studio
from ood_studio.studio.jobs import Jobs
from ood_studio.ui.form import changes_of
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Shared, Sidebar
from ood_studio.ui.sidebar.layout import LAYOUT
from ood_studio.ui.sidebar.meaning import meaning_html, world_html


@pytest.fixture(scope="module")
def sidebar() -> Iterator[Sidebar]:
    jobs = Jobs()
    with gr.Blocks() as blocks:
        page = Page(Studio("cpu"), jobs, blocks)
        yield Sidebar(page, Shared(), gr.HTML())
    jobs.close()


def values(sidebar: Sidebar, **changes: Any) -> list[Any]:
    """What the components hold at first, with some changed, by the last parts of their ids."""
    held = [
        changes.get(str(each.elem_id).removeprefix("shared-").replace("-", "_"), each.value) for each in sidebar.inputs
    ]
    return [*held[:-1], changes.get("uploaded", "")]


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def test_every_parameter_of_the_shared_part_has_a_box(sidebar: Sidebar) -> None:
    assert set(LAYOUT.paths()) == set(leaves(Shared))
    for kind in (ExploreRequest, BenchRequest):
        assert {path for path in leaves(Shared) if path not in ("reference",)} <= set(leaves(kind))


def test_a_tabs_request_takes_what_is_chosen_here(sidebar: Sidebar, tmp_path: Path) -> None:
    assert sidebar.read(values(sidebar), ExploreRequest()) == ExploreRequest()
    asked = sidebar.read(
        values(sidebar, tau="0.5", labels="cifar-10", count=50, reference=str(tmp_path)), ExploreRequest(), {"top": 3}
    )
    labels = LabelChoice(labels="cifar-10", mining=Mining(count=50))
    assert asked == ExploreRequest(labels, NegLabel(tau=0.5), str(tmp_path.resolve()), 3)
    # A request that has no reference set leaves it out; uploaded pictures come before a folder.
    assert sidebar.read(values(sidebar, reference=str(tmp_path)), BenchRequest()) == BenchRequest()
    uploaded = sidebar.read(values(sidebar, reference=str(tmp_path), uploaded="/kept"), ExploreRequest())
    assert uploaded.reference == "/kept"
    with pytest.raises(StudioError, match=r"count must lie between 1 and 1,000,000, not 0"):
        sidebar.read(values(sidebar, count=0), ExploreRequest())


def test_a_choice_whose_text_is_still_to_come_is_unfinished(sidebar: Sidebar) -> None:
    assert sidebar.unfinished(values(sidebar, labels="own")) and not sidebar.unfinished(values(sidebar))
    assert not sidebar.unfinished(values(sidebar, labels="own", labels_own="cat"))


def test_links_hold_the_choice_but_no_paths_of_the_server(sidebar: Sidebar) -> None:
    changes = {"labels.labels": "cat, dog", "score.tau": 0.5, "labels.mining.seed": 3, "score.seed": 4}
    request = with_values(BenchRequest(seed=9), changes)
    query = sidebar.query(request)
    assert query == {
        "seed": "9", "labels": "cat, dog", "mining_seed": "3", "tau": "0.5", "score_seed": "4",
    }  # fmt: skip
    assert changes_of(BenchRequest, query, LAYOUT.boxes) == changes | {"seed": 9}
    hidden = with_values(ExploreRequest(), {"reference": "/kept", "labels.corpus": "/tmp/words.txt"})
    assert sidebar.query(hidden) == {}
    assert changes_of(ExploreRequest, {"reference": "/etc"}, LAYOUT.boxes) == {}
    assert sidebar.shown(hidden).labels.corpus == "words.txt"


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        (
            {},
            ["20 ID labels against at most 10,000 words from Diorama", "1,000 Diorama ID pictures"],
        ),
        ({"labels.labels": "cifar-10"}, ["This model knows only the Diorama world", "10 ID labels", "no threshold"]),
        ({"labels.labels": "<b>cat</b>, dog", "reference": "/mine"}, ["2 ID labels", "Pictures of yours set"]),
        ({"labels.corpus": "/tmp/<i>.txt", "labels.mining.fraction": 0.15}, ["0.15 of all words from &lt;i&gt;.txt."]),
        ({"labels.mining.selection": "random"}, ["words at random from"]),
        (
            {"labels.labels": "tench, Tinca\n<b>\ncat\nCat"},
            ["3 ID labels", "Repeated labels were dropped: Cat.", "with the commas in it: tench, Tinca."],
        ),
        ({"labels.labels": "diorama20"}, ["1 ID labels", "the preset is called diorama-20."]),
    ],
)
def test_what_a_choice_means_is_said(changes: dict[str, Any], sentences: list[str]) -> None:
    said = plain(meaning_html(with_values(Shared(), changes)))
    for sentence in sentences:
        assert sentence in said


def test_labels_are_named_where_they_are_counted() -> None:
    said = meaning_html(with_values(Shared(), {"labels.labels": 'cat\n<b>&"x'}))
    assert '<b title="cat, &lt;b&gt;&amp;&quot;x">2 ID labels</b>' in said


def test_no_miniature_is_taken_for_the_real_thing() -> None:
    assert "not real CLIP" in world_html("diorama") and "not real CLIP" in world_html("diorama-conv")
    assert plain(world_html("open_clip:<x>")) == "open_clip:&lt;x&gt;"
