"""How the tab's own boxes are ordered and drawn."""

from __future__ import annotations

from typing import Any

from ood_studio.core.parameters import value_at
from ood_studio.scorers import NegLabel
from ood_studio.studio import SynthesizeImageRequest, SynthesizeSetRequest
from ood_studio.studio.scores import shown_scorers
from ood_studio.synthesis.classifier_models import offered_classifiers
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.ui.form import Box, Layout
from ood_studio.ui.model_names import typed_name

START = SynthesizeImageRequest()
"""What the boxes hold at first."""

SET_START = SynthesizeSetRequest(count=24)
"""A handful of pictures to look at; for a training set there is the command."""


def model_of(path: str, text: Any) -> str:
    """The model that the box of a path names; the usual one where it is empty."""
    return typed_name(text) or str(value_at(START, path))


def guides() -> list[tuple[str, str]]:
    """Titles and keys of what can guide: the classifier's energy, and scores of the backbone."""
    found = {
        scorer.name: title.split(" (")[0]
        for title, scorer in reversed(shown_scorers(NegLabel()))
        if scorer.differentiable and not scorer.stream
    }
    scores = [(f"{title} of the model", name) for name, title in reversed(found.items())]
    return [("energy of the classifier", "energy"), *scores]


def _same(names: Any) -> list[tuple[str, Any]]:
    return [(name, name) for name in names]


LAYOUT = Layout(
    "synth",
    {
        "main": (
            ("loop.strength", "loop.guidance"),
            ("loop.iterations", "loop.target"),
            ("loop.step_size",),
        ),
        "more": (
            ("guide", "classifier"),
            ("inpainter", "context_model"),
            ("loop.steps", "loop.seed"),
            ("loop.loss", "loop.step"),
            ("loop.direction", "wording"),
        ),
    },
    {
        "loop.strength": Box(widget="slider"),
        "loop.guidance": Box(widget="slider"),
        "loop.iterations": Box(widget="slider", high=10),
        "loop.step_size": Box("Step size r·ρ", "log", low=0.1, high=1000),
        "loop.loss": Box(
            choices=lambda: [
                ("hinge (Liu et al.)", "hinge"),
                ("to a target (the authors’ code)", "target"),
                ("as published (Eq. 7: wrong sign)", "published"),
            ]
        ),
        "loop.step": Box(choices=lambda: [("raw (Eq. 10 as it stands)", "raw")]),
        "loop.direction": Box(
            widget="radio",
            choices=lambda: [("against the gradient", "gradient"), ("random, to compare with", "random")],
        ),
        "wording": Box(
            "Prompt",
            choices=lambda: [("the contexts", "contexts"), ("the sentence of SynOOD’s code", "synood")],
        ),
        "guide": Box(choices=guides),
        "classifier": Box(choices=lambda: _same(offered_classifiers()), free=True, guard=typed_name),
        "inpainter": Box("Inpainting model", choices=lambda: _same(INPAINTING.offered), free=True, guard=typed_name),
        "context_model": Box(choices=lambda: _same(CONTEXTS.offered), free=True, guard=typed_name),
    },
)

SET_LAYOUT = Layout(
    "synth-set",
    {"set": (("method",), ("count", "per_class"))},
    {
        "method": Box(
            widget="radio",
            choices=lambda: [
                ("near-boundary", "boundary"),
                ("unguided inpainting", "unguided"),
                ("from negative labels", "negative"),
            ],
        ),
        "count": Box("Pictures"),
        "per_class": Box("Pictures a class"),
    },
)
