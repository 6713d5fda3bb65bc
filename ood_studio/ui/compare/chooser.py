"""The components that say what is compared, and the request that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.core.parameters import value_at
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.ui.compare.layout import START, layout
from ood_studio.ui.compare.uploads import own_sets
from ood_studio.ui.compare.variants import build_variants, with_scorers
from ood_studio.ui.form import Form
from ood_studio.ui.image_sets import ood_choices
from ood_studio.ui.notices import tell_left_out
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates, at_once
from ood_studio.worlds import OWN_SUITE

_SHOW_OWN = f"(suite) => Array(3).fill({{ __type__: 'update', visible: suite === '{OWN_SUITE}' ? true : 'hidden' }})"


@dataclass(frozen=True)
class Chooser:
    """The components.

    Attributes:
        form: boxes of the request.
        id_files, ood_files: uploads of one's own pictures.
        class_labels: whether the ID labels are the names of their class folders.
        run, stop: buttons.
        progress: how far the comparison is.
    """

    form: Form[BenchRequest]
    id_files: gr.File
    ood_files: gr.File
    class_labels: gr.Checkbox
    run: gr.Button
    stop: gr.Button
    progress: gr.HTML

    def inputs(self) -> list[Any]:
        """Components whose values `read` takes after the sidebar's, in order."""
        return [self.id_files, self.ood_files, self.class_labels, *self.form.inputs()]

    def read(self, sidebar: Sidebar, values: Sequence[Any]) -> BenchRequest:
        """The request that the components' values stand for.

        A suite brings ID labels of its own; those of the sidebar are for one's own pictures.

        Args:
            sidebar: holds model, labels and score.
            values: of the sidebar's inputs, then of `inputs`.

        Raises:
            StudioError: one sentence; also for own pictures that are missing.
        """
        shared, mine = values[: len(sidebar.inputs)], values[len(sidebar.inputs) :]
        id_files, ood_files, class_labels, *boxes = mine
        changes = self._in_sight(self.form.changes(boxes))
        changes["labels.labels"] = LabelChoice.labels
        if changes["suite"] == OWN_SUITE:
            own = own_sets(id_files, ood_files, changes["id_data"], changes["ood_data"])
            tell_left_out([*own.problems.values()])
            changes |= {"id_data": own.id_data, "ood_data": own.ood_data}
            if not class_labels:
                changes["labels.labels"] = sidebar.changes(shared)["labels.labels"]
        return sidebar.read(shared, START, changes)

    def updates(self, changes: Mapping[str, Any]) -> Updates:
        """Updates that put values by path into the boxes."""
        found = self.form.updates(changes)
        if "scorers" in changes:
            found[self.form["scorers"]] = with_scorers(changes["scorers"])
        if changes.get("suite") == OWN_SUITE and "labels.labels" in changes:
            found[self.class_labels] = changes["labels.labels"] == LabelChoice.labels
        return found

    def _in_sight(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What boxes hold that belong to another suite does not count."""
        for path in self.form.paths:
            when = self.form.box(path).when
            if when is not None and changes[when.path] not in when.values:
                changes[path] = value_at(START, path)
        return changes


def build_chooser(page: Page) -> Chooser:
    """Draws the components inside the current `gr.Blocks`."""
    form = Form(START, layout(page.strangers), page.strangers)
    with gr.Row(elem_classes="studio-buttons"):
        run = gr.Button("Compare", variant="primary", elem_id="compare-run", size="sm")
        stop = gr.Button("Stop", variant="stop", elem_id="compare-stop", size="sm", interactive=False)
    progress = gr.HTML(elem_id="compare-progress")
    form.draw("suite")
    id_files = _files("Your ID pictures", "compare-id-files")
    ood_files = _files("Your OOD pictures", "compare-ood-files")
    class_labels = gr.Checkbox(
        False,
        label="Class folders are the ID labels",
        info="Else those of the sidebar are. A zip may hold class folders; each OOD zip is a set of its own.",
        visible="hidden",
        elem_id="compare-class-labels",
    )
    form.draw("own")
    form.draw("sets", "scorers", "size")
    with gr.Accordion("Measure and vary", open=False, elem_id="compare-more"):
        form.draw("measure")
        build_variants(page, form["scorers"])
    form.wire()
    at_once(form["suite"].change, [id_files, ood_files, class_labels], _SHOW_OWN, [form["suite"]])
    added = form["ood_data"]
    page.on(added.focus, lambda: gr.update(choices=ood_choices()), None, added, name="compare_added")
    return Chooser(form, id_files, ood_files, class_labels, run, stop, progress)


def _files(label: str, name: str) -> gr.File:
    return gr.File(label=label, file_count="multiple", type="filepath", height=120, visible="hidden", elem_id=name)
