"""What the tab begins with: a detector of what the sidebar holds, and what it makes of example pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ood_studio.backbones import bundled_names
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.labels.presets import read_labels
from ood_studio.studio import DetectorRequest
from ood_studio.ui.detect.panels import Chooser
from ood_studio.ui.detect.running import example_pictures, made, read
from ood_studio.ui.detect.session import Outcome, Session
from ood_studio.ui.opening import begin_with_example
from ood_studio.ui.page import Page
from ood_studio.ui.run import GO_ON, Asked, Run
from ood_studio.ui.sidebar import Sidebar
from ood_studio.worlds import reference_of, world_of_backbone


def wire_example(page: Page, sidebar: Sidebar, chooser: Chooser, run: Run, selected: Any) -> Callable[[Any, str], Any]:
    """Makes it when the tab is first looked at, where that is quick.

    Args:
        run: of the tab.
        selected: the event of the tab that comes into sight.

    Returns:
        See `begin_with_example`.
    """

    def begin(mine: Session, *values: Any) -> Any:
        if mine.pictures or mine.outcome is not None:
            return GO_ON
        try:
            request = read(sidebar, chooser, values)
            quick = is_quick(request)
        except StudioError:  # told when Make is pressed
            return GO_ON

        def work(progress: Progress) -> Iterator[Outcome]:
            ready = replace(made(page.studio, request, progress), example=True)
            pictures = example_pictures()
            yield (outcome := Outcome(ready, examples=tuple(pictures)))
            given = [(name, Path(path)) for name, path in pictures]
            yield replace(outcome, decided=page.studio.decide(ready.detector, given, progress))

        return Asked(work, title="an example detector") if quick else GO_ON

    inputs = [*chooser.form.inputs(), *sidebar.inputs]
    return begin_with_example(run, selected, begin, inputs, "detect")


def is_quick(request: DetectorRequest) -> bool:
    """Whether a detector takes a moment: a bundled model, its world's words, and pictures that come with the labels.

    Raises:
        StudioError: for labels that cannot be read.
    """
    labels = request.labels
    if labels.backbone not in bundled_names() or request.reference or request.train_data:
        return False
    world = world_of_backbone(labels.backbone)
    if world is None or labels.corpus not in {corpus.name for corpus in world.corpora}:
        return False
    return reference_of(read_labels(labels.apart_from_data).labels) is not None
