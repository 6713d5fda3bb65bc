"""The endpoints for programs, each a tool that an agent may use; how a further one is made stands in `api`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.adapters import ADAPTERS, saved_adapters
from ood_studio.backbones import offered_backbones
from ood_studio.core.progress import Progress
from ood_studio.evaluation.suites import suites
from ood_studio.studio import Studio
from ood_studio.synthesis.classifier_models import offered_classifiers
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.ui.adapt import api as adapt
from ood_studio.ui.api import endpoint
from ood_studio.ui.attack import api as attack
from ood_studio.ui.compare import api as compare
from ood_studio.ui.compare.names import known_scorers, scorer_title
from ood_studio.ui.detect import api as detect
from ood_studio.ui.explore import api as explore
from ood_studio.ui.image_sets import set_names
from ood_studio.ui.lean_blocks import for_programs
from ood_studio.ui.synthesize import api as synthesize
from ood_studio.worlds import OWN_SUITE, corpora, presets

PUBLIC = (
    "choices",
    "explore",
    "labels",
    "compare",
    "synthesize",
    "synthesize_set",
    "contexts",
    "attack",
    "attack_set",
    "adapt",
    "detect",
)
"""Their names."""


@dataclass(frozen=True)
class ChoicesRequest:
    """Asks what there is to choose from."""


def build_endpoints(studio: Studio) -> None:
    """Makes all of them inside the current `gr.Blocks`."""
    with for_programs():
        _build_choices(studio)
        for room in (explore, compare, synthesize, attack, adapt, detect):
            room.build_api(studio)


def _build_choices(studio: Studio) -> None:
    strangers = studio.hosted is not None

    def choices(request: ChoicesRequest, progress: Progress) -> dict[str, Any]:
        """What parameters of the other tools may hold: models, labels, suites, scorers, methods, sets made here."""
        return {
            "backbone": [*offered_backbones()],
            "labels": [*presets()],
            "corpus": [*corpora()],
            "suite": {
                name: suite.about
                for name, suite in suites().items()
                if name == OWN_SUITE or not (strangers and suite.needs_data)
            },
            "scorers": {key: scorer_title(key) for key in known_scorers()},
            "method": {name: kind.title for name, kind in ADAPTERS.items()},
            "adapter": [each.name for each in saved_adapters()],
            "made_set": {name: title for name, (title, _) in set_names().items()},
            "inpainter": [*INPAINTING.offered],
            "context_model": [*CONTEXTS.offered],
            "classifier": [*offered_classifiers()],
        }

    endpoint("choices", ChoicesRequest(), choices, [gr.JSON(visible=False, label="choices")])
