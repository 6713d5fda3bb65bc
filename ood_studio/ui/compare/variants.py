"""A scorer with parameters of one's own, beside itself: a form of its own dataclass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ood_studio.core.parameters import parameters
from ood_studio.evaluation.choose import ALL, scorer_text
from ood_studio.scorers import Scorer
from ood_studio.ui.compare.names import known_scorers, scorer_title
from ood_studio.ui.form import Form, Layout
from ood_studio.ui.page import Page


def build_variants(page: Page, scorers: gr.CheckboxGroup) -> None:
    """Draws the form, and the button that adds what it holds to the scorers' boxes."""
    able = [key for key, scorer in known_scorers().items() if parameters(type(scorer))]
    base = gr.Dropdown(
        [(scorer_title(key), key) for key in able],
        value=able[0],
        label="A scorer with other parameters",
        info="Added to the others, it is compared with itself.",
        elem_id="compare-base",
    )

    @gr.render(inputs=base, queue=False, show_progress="hidden")  # type: ignore[untyped-decorator]
    def draw(key: str) -> None:
        form = variant_form(key)
        form.draw("all")
        form.wire()
        add = gr.Button("Add to the comparison", size="sm", elem_id="compare-add")

        def take(ticked: list[str], *values: Any) -> Any:
            """Adds the scorer as the form has it."""
            return with_scorers([*ticked, scorer_text(key, form.read(values), known_scorers())])

        page.on(add.click, take, [scorers, *form.inputs()], scorers, name="compare_add")


def variant_form(key: str) -> Form[Scorer]:
    """The form of a scorer's parameters, which begins with its defaults."""
    scorer = known_scorers()[key]
    names = tuple(parameters(type(scorer)))
    rows = tuple(names[i : i + 2] for i in range(0, len(names), 2))
    return Form(scorer, Layout("parameter", {"all": rows}))


def with_scorers(ticked: Sequence[str]) -> Any:
    """The scorers' boxes with these ticked, and with a box for each that has parameters of its own."""
    known = list(known_scorers())
    ticked = list(dict.fromkeys(each for text in ticked for each in (known if text == ALL else [text])))
    keys = list(dict.fromkeys([*known, *ticked]))
    return gr.update(choices=[(scorer_title(key), key) for key in keys], value=ticked)
