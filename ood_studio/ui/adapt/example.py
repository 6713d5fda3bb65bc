"""What the tab begins with: a bundled adapter that was fitted as the boxes say, as its fit left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ood_studio.adapters import AdapterError, SavedAdapter, saved_adapters
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import AdaptRequest
from ood_studio.studio.earlier_fit import asked_of, earlier_fit
from ood_studio.studio.fit import Fit
from ood_studio.studio.lanes import ANSWER
from ood_studio.ui.adapt.running import read
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.form import Form
from ood_studio.ui.opening import begin_with_example
from ood_studio.ui.page import Page
from ood_studio.ui.run import GO_ON, Asked, Run
from ood_studio.ui.sidebar import Sidebar


def wire_example(
    page: Page, sidebar: Sidebar, form: Form[AdaptRequest], run: Run, selected: Any, restored: Any
) -> None:
    """Shows it when the tab is first looked at.

    Args:
        run: of the tab.
        selected: the event of the tab that comes into sight.
        restored: the event at whose end the boxes hold what a link or the browser remembers.
    """

    def begin(mine: Session, *values: Any) -> Any:
        try:
            example = example_of(read(sidebar, form, values))
        except StudioError:  # told when Train is pressed
            example = None
        if example is None:
            return GO_ON
        mine.asked = example.name

        def work(progress: Progress) -> Iterator[Fit]:
            with suppress(AdapterError):  # of other weights than the model has here: then there is no example
                yield earlier_fit(page.studio, example, progress)

        return Asked(work, title="the example adapter", lane=ANSWER)

    inputs = [*form.inputs(), *sidebar.inputs]
    begin_with_example(run, selected, begin, inputs, "adapt")(restored, "adapt_filled")


def example_of(request: AdaptRequest) -> SavedAdapter | None:
    """The bundled adapter that a request would fit again; None where there is none."""
    for saved in saved_adapters():
        if saved.bundled:
            try:
                if asked_of(saved) == request:
                    return saved
            except StudioError:  # of another version
                continue
    return None
