"""A form: boxes for the parameters of a request, and the request that they stand for.

>>> form = Form(ExploreRequest(), LAYOUT)              # doctest: +SKIP
>>> with gr.Blocks():                                  # doctest: +SKIP
...     form.draw("score")                             # inside any row or column
...     form.wire()
...     gr.on(form.triggers(), answer, form.inputs())  # answer(*values) calls form.read(values)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

import gradio as gr

from ood_studio.core.parameters import Parameter, leaves, value_at, with_values
from ood_studio.ui.form import widgets
from ood_studio.ui.form.boxes import Box, Layout, When

Request = TypeVar("Request")
Updates = dict[Any, Any]


class Form(Generic[Request]):
    """Boxes for some of a request's parameters.

    What a person leaves empty is None where that is a value, else what ``start`` holds. Parameters that the layout does
    not name keep what ``start`` holds, or what `read` is given for them: so forms are put together.

    Args:
        start: what the boxes hold at first.
        layout: which parameters, in which order and groups, and how they are drawn.
        strangers: whether boxes that name things of this machine stay out of sight.

    Raises:
        ValueError: for a path that the request does not have, or one named twice.
    """

    def __init__(self, start: Request, layout: Layout, strangers: bool = False) -> None:
        self.start = start
        self.layout = layout
        self.strangers = strangers
        self.paths = layout.paths()
        known = leaves(cast(type, type(start)))
        wrong = [path for path in (*self.paths, *layout.boxes) if path not in known]
        if wrong or len(set(self.paths)) < len(self.paths):
            raise ValueError(f"{type(start).__name__} has no {wrong}, or a path is named twice: {self.paths}")
        self.parameters: dict[str, Parameter] = {path: known[path] for path in self.paths}
        self._drawn: dict[str, list[Any]] = {}

    def box(self, path: str) -> Box:
        """How a parameter is drawn."""
        box = self.layout.boxes.get(path, Box())
        return replace(box, when=When(path, ())) if box.local and self.strangers else box

    def elem_id(self, path: str) -> str:
        """The id of a parameter's element, such as ``attack-learning-rate``; a second one ends in ``-own``."""
        last = path.rpartition(".")[2]
        alone = sum(each.rpartition(".")[2] == last for each in self.paths) == 1
        return f"{self.layout.name}-{(last if alone else path).replace('_', '-').replace('.', '-')}"

    def draw(self, *groups: str) -> None:
        """Draws groups inside the current `gr.Blocks`; a row of several boxes stands side by side."""
        for group in groups:
            for row in self.layout.groups[group]:
                if len(row) == 1:
                    self._draw(row[0])
                    continue
                with gr.Row(equal_height=False):
                    for path in row:
                        self._draw(path)

    def _draw(self, path: str) -> None:
        value, box = value_at(self.start, path), self.box(path)
        visible: widgets.Visible = True if box.when is None or self._holds(box.when, {}) else "hidden"
        self._drawn[path] = widgets.draw(self.parameters[path], box, value, self.elem_id(path), visible)

    def __getitem__(self, path: str) -> Any:
        """The component of a parameter, the dropdown where there are two."""
        return self._drawn[path][0]

    def inputs(self) -> list[Any]:
        """All components, in the order in which `read` takes their values."""
        return [component for path in self.paths for component in self._drawn[path]]

    def changes(self, values: Sequence[Any]) -> dict[str, Any]:
        """What the components' values stand for, by path; checked only by the request that they go into.

        Raises:
            StudioError: for a text that is no value of its parameter, or one that is refused.
        """
        held = self._by_path(values)
        return {
            path: widgets.read(self.parameters[path], self.box(path), held[path], value_at(self.start, path))
            for path in self.paths
        }

    def read(self, values: Sequence[Any], others: Mapping[str, Any] | None = None) -> Request:
        """The request that the components' values stand for.

        Args:
            values: of `inputs`.
            others: values of further parameters, such as `changes` of another form; those that this request does not
                have are left out.

        Raises:
            StudioError: one sentence that names the parameter.
        """
        known = leaves(cast(type, type(self.start)))
        shared = {path: value for path, value in (others or {}).items() if path in known}
        return with_values(self.start, shared | self.changes(values))

    def unfinished(self, values: Sequence[Any]) -> bool:
        """Whether a choice was made whose text or file is still to come, so that nothing is to be computed yet."""
        return any(widgets.unfinished(self.box(path), held) for path, held in self._by_path(values).items())

    def _by_path(self, values: Sequence[Any]) -> dict[str, list[Any]]:
        widths = {path: 2 if self.box(path).own else 1 for path in self.paths}
        if len(values) != sum(widths.values()):
            raise ValueError(f"expected {sum(widths.values())} values, not {len(values)}")
        rest = iter(values)
        return {path: [next(rest) for _ in range(width)] for path, width in widths.items()}

    def values(self, request: Any) -> Updates:
        """Updates that put a request's values into the boxes, and bring those into sight that belong to them.

        Args:
            request: of this form's kind, or any other with the same parameters.
        """
        return self.updates({path: value_at(request, path) for path in self.paths})

    def updates(self, changes: Mapping[str, Any]) -> Updates:
        """`values` for some parameters by path; the form's own and no others."""
        found: Updates = {}
        for path in self.paths:
            box = self.box(path)
            new = path in changes
            seen = {} if box.when is None or box.when.path not in changes else _seen(self._holds(box.when, changes))
            if not new and not seen:
                continue
            held = widgets.shown_values(self.parameters[path], box, changes[path]) if new else []
            for i, component in enumerate(self._drawn[path]):
                value = {"value": held[i]} if new else {}
                own = _seen(held[0] == widgets.OWN) if new and i else {}
                # With an HTML component's own properties: gradio forgets them until its tab is opened.
                props = getattr(component, "props", {}) if isinstance(component, gr.HTML) else {}
                found[component] = gr.update(**{**props, **seen, **own, **value})
        return found

    def triggers(self) -> list[Any]:
        """The events at which a person has finished changing a box: texts when they are left, others at once."""
        return [event for component in self.inputs() for event in finished(component)]

    def wire(self) -> None:
        """Makes boxes come into sight when what they belong to is chosen; nothing is asked of the server for it."""
        followers: dict[str, list[tuple[Any, list[Any]]]] = {}
        for path in self.paths:
            if (when := self.box(path).when) is not None:
                for component in self._drawn[path][:1]:
                    followers.setdefault(when.path, []).append((component, list(when.values)))
            if self.box(path).own is not None:
                followers.setdefault(path, []).append((self._drawn[path][1], [widgets.OWN]))
        for path, shown in followers.items():
            wanted = json.dumps([values for _, values in shown])
            js = f"(value) => {wanted}.map((values) => ({_UPDATE}))"
            outputs = [component for component, _ in shown]
            self[path].change(None, self[path], outputs, js=js, api_visibility="private")

    def _holds(self, when: When, changes: Mapping[str, Any]) -> bool:
        return changes.get(when.path, value_at(self.start, when.path)) in when.values


_UPDATE = "{ __type__: 'update', visible: values.includes(value) ? true : 'hidden' }"


def _seen(visible: bool) -> dict[str, Any]:
    return {"visible": True if visible else "hidden"}


def finished(component: Any) -> list[Any]:
    """The events at which a person has finished changing a component."""
    if isinstance(component, gr.Textbox):
        return [component.blur, component.submit]
    if isinstance(component, gr.File):
        return [component.upload, component.clear]
    if isinstance(component, gr.HTML):
        return [component.release]
    if isinstance(component, gr.Slider):
        return [component.release]
    return [component.input]
