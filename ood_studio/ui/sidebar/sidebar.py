"""The sidebar's components and their wiring."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import gradio as gr
from gradio.utils import is_in_or_equal

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves, names, value_at, with_values
from ood_studio.core.paths import cache_dir
from ood_studio.ui.form import Box, Form, changes_of, query_of, read_query
from ood_studio.ui.jobs import JobList
from ood_studio.ui.notices import tell_left_out
from ood_studio.ui.page import SECRET, Page
from ood_studio.ui.sidebar.layout import LAYOUT
from ood_studio.ui.sidebar.meaning import meaning_html, world_html
from ood_studio.ui.sidebar.reference import ABOUT, uploaded_reference
from ood_studio.ui.sidebar.shared import Shared
from ood_studio.ui.wiring import SEARCH, Updates
from ood_studio.worlds import corpora

Request = TypeVar("Request")

_WIDE = "() => [{ __type__: 'update', open: window.innerWidth >= 1100 }]"


class Sidebar:
    """What is chosen once for all tabs; drawn where this is made, before the tabs.

    Args:
        page: the page's.
        start: what is chosen at first.
        world: the header's line on which world is on.

    Attributes:
        form: the boxes.
        inputs: components whose values `read` takes, in order.
        changed: a text that is another one whenever the choice is: tabs wire its ``change``, and nothing has to be
            checked again.
        restored: the event at whose end a page that is opened has what its link, or else its browser, remembers.
        kinds: the request of each tab by its id, so that links are read as the tab writes them.
    """

    def __init__(self, page: Page, start: Shared, world: gr.HTML) -> None:
        # A box has to hold something: the preset that is meant where nobody names labels.
        self.start = start = with_values(start, {"labels.labels": start.labels.apart_from_data})
        self.page, self.world = page, world
        self.form = Form(start, LAYOUT, page.strangers)
        self.kinds: dict[str, type] = {}
        with gr.Sidebar(width=330, elem_id="sidebar") as self.panel:
            self.form.draw("model")
            self.meaning = gr.HTML(meaning_html(start), elem_id="meaning")
            with gr.Accordion("Negative labels", open=False, elem_id="shared-negatives"):
                self.form.draw("negatives")
            with gr.Accordion("Score", open=False, elem_id="shared-score"):
                self.form.draw("score")
            with gr.Accordion("Reference pictures", open=False, elem_id="shared-references"):
                gr.HTML(ABOUT)
                self.files = gr.File(
                    label="Pictures of yours, or a zip of them",
                    file_count="multiple",
                    type="filepath",
                    height=130,
                    elem_id="shared-reference-files",
                )
                self.form.draw("reference")
            page.job_list = JobList(page.jobs)
        self.form.wire()
        self.uploaded = gr.State("")  # where uploaded reference pictures are kept
        self.inputs = [*self.form.inputs(), self.uploaded]
        self.changed = gr.Textbox(_stamp(start), visible="hidden", elem_id="shared-changed")
        self._kept = gr.BrowserState({}, storage_key="ood-studio-shared", secret=SECRET)
        self._wire()

    def changes(self, values: Sequence[Any]) -> dict[str, Any]:
        """What is chosen, by path.

        Raises:
            StudioError: one sentence.
        """
        found = self.form.changes(values[:-1])
        return found | ({"reference": values[-1]} if values[-1] else {})

    def read(self, values: Sequence[Any], start: Request, own: Mapping[str, Any] | None = None) -> Request:
        """A request with what is chosen here. The labels that the box holds at first are named by nobody.

        Args:
            values: of `inputs`.
            start: what it holds besides.
            own: values of further parameters by path, such as `Form.changes` of a tab's own form.

        Raises:
            StudioError: one sentence that names the parameter.
        """
        known = leaves(cast(type, type(start)))
        shared = {path: value for path, value in self.changes(values).items() if path in known}
        if shared.get("labels.labels") == self.start.labels.labels:
            shared["labels.labels"] = value_at(start, "labels.labels")
        request = with_values(start, {**shared, **(own or {})})
        self.page.studio.allow(request)
        return request

    def unfinished(self, values: Sequence[Any]) -> bool:
        """Whether a choice was made whose text or file is still to come, so that nothing is to be computed yet."""
        return self.form.unfinished(values[:-1])

    def query(self, request: Any, boxes: Mapping[str, Box] | None = None, start: Any = None) -> dict[str, str]:
        """What a request asks for, as names and texts of a link.

        Args:
            request: of a tab.
            boxes: of the tab's own form.
            start: what that form begins with, where it is not what the request's kind is by itself.
        """
        kind = cast(type, type(request))
        shared = {path: value_at(self.start, path) for path in leaves(Shared) if path in leaves(kind)}
        if "labels.labels" in shared:
            shared["labels.labels"] = value_at(kind(), "labels.labels")
        start = with_values(kind() if start is None else start, shared)
        return query_of(request, start, {**LAYOUT.boxes, **(boxes or {})})

    def shown(self, request: Request) -> Request:
        """A request for a person to repeat: uploads by their names, not by where the server keeps them."""
        corpus, reference = value_at(request, "labels.corpus"), getattr(request, "reference", "")
        changes = {"labels.corpus": corpus if corpus in corpora() else Path(corpus).name}
        if reference and is_in_or_equal(reference, cache_dir()):
            changes["reference"] = Path(reference).name
        return with_values(request, changes)

    @property
    def outputs(self) -> list[Any]:
        """What `updates` may change."""
        return [*self.form.inputs(), *self._shown]

    def updates(self, changes: Mapping[str, Any], values: Sequence[Any] = ()) -> Updates:
        """Updates that choose values by path, and what follows from them.

        Args:
            changes: by path; those that are not asked for here are left to others.
            values: of `inputs`, as they are now; where there are none, as they are at first.

        Raises:
            StudioError: for values that cannot be.
        """
        own = {path: value for path, value in changes.items() if path in leaves(Shared)}
        held = self.read(values, self.start) if values else self.start
        return self.form.updates(own) | self._meaning(with_values(held, own))

    @property
    def _shown(self) -> list[Any]:
        return [self.changed, self.meaning, self.world, self._kept]

    def _wire(self) -> None:
        shown = self._shown

        def settle(*values: Any) -> Updates:
            """What follows from a choice."""
            if self.unfinished(values):
                return {}
            return self._meaning(self.read(values, self.start))

        def restore(kept: dict[str, str] | None, search: str) -> Updates:
            """What the link says, or else what this browser remembers."""
            query = read_query(search)
            kind = self.kinds.get(query.pop("tab", "explore"), Shared)
            paths = {name: path for path, name in names(kind).items()}
            mine = {name: text for name, text in query.items() if paths.get(name, name) in leaves(Shared)}
            changes = changes_of(kind, mine, LAYOUT.boxes)
            if not query:
                changes = _remembered(kept or {})
            return self.updates(changes)

        def take(paths: list[str] | None, *values: Any) -> Updates:
            """Uploaded pictures set the thresholds from now on, or those of the labels again where there are none."""
            folder, problems = uploaded_reference(paths)
            tell_left_out(problems)
            return {self.uploaded: folder} | self._meaning(self.read([*values[:-1], folder], self.start))

        search = gr.Textbox(visible=False)
        on = self.page.on
        on(self.form.triggers(), settle, self.inputs, shown, name="shared")
        inputs = [self._kept, search]
        self.restored = self.page.load(restore, inputs, self.outputs, js=SEARCH, name="shared_restore")
        files = [self.files.upload, self.files.delete, self.files.clear]
        on(files, take, [self.files, *self.inputs], [self.uploaded, *shown], name="shared_reference")
        self.page.blocks.load(None, None, self.panel, js=_WIDE, api_visibility="private", queue=False)

    def _meaning(self, shared: Shared) -> Updates:
        return {
            self.changed: _stamp(shared),
            self.meaning: meaning_html(shared),
            self.world: world_html(shared.labels.backbone),
            self._kept: query_of(shared, self.start, LAYOUT.boxes),
        }


def _remembered(kept: Mapping[str, str]) -> dict[str, Any]:
    """What a browser remembers, without what is not to be had any more, such as an adapter that was removed."""
    found: dict[str, Any] = {}
    for name, text in kept.items():
        with suppress(StudioError):
            found |= changes_of(Shared, {name: text}, LAYOUT.boxes)
    return found


def _stamp(shared: Shared) -> str:
    return json.dumps(repr(shared))
