"""How the tab's own boxes are ordered and drawn."""

from __future__ import annotations

from typing import Any

from ood_studio.attacks import FeatureAttack
from ood_studio.attacks.smoothness import PAPER_HEIGHT, smoothness_weight
from ood_studio.backbones import BUNDLED, offered_backbones
from ood_studio.scorers import NegLabel
from ood_studio.studio import AttackImageRequest
from ood_studio.studio.scores import shown_scorers
from ood_studio.ui.form import Box, Layout, When
from ood_studio.ui.model_names import typed_name
from ood_studio.worlds import world_of_backbone, worlds

SMOOTHNESS = 5000.0  # of CIFAR10-AS: hardly seen
_BUNDLED_SIZE = 64  # pixels that the bundled models see

START = AttackImageRequest(
    attack=FeatureAttack(smoothness=SMOOTHNESS), target_label="fish", target_score="neglabel", every=5
)
"""What the boxes hold at first; which of the targets counts is chosen beside them."""


def smoothness_notes(backbone: str, height: int | None = None) -> list[tuple[str, float]]:
    """What λ comes to elsewhere than at the paper's 224 pixels: texts with factors, for `log_slider`."""
    notes = []
    if backbone in BUNDLED:
        notes.append((f"= {{}} at the model’s {_BUNDLED_SIZE} pixels", smoothness_weight(1.0, _BUNDLED_SIZE)))
    if height:
        notes.append((f"{{}} at the picture’s {height:,}", smoothness_weight(1.0, height)))
    return notes or [(f"stated for {PAPER_HEIGHT} pixels; converted once the model is loaded", 1.0)]


def _labels() -> list[tuple[str, Any]]:
    first = worlds()[0].presets[0]
    return [(label, label) for label in first.load()]


def _scores() -> list[tuple[str, Any]]:
    titles = {scorer.name: title.split(" (")[0] for title, scorer in reversed(shown_scorers(NegLabel()))}
    return [(title, name) for name, title in reversed(titles.items())]


def _models() -> list[tuple[str, Any]]:
    return [(name, name) for name in offered_backbones() if world_of_backbone(name) is not None]


def _models_as_typed(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(typed_name, names))


LAYOUT = Layout(
    "attack",
    {
        "main": (("attack.smoothness",),),
        "label": (("target_label",),),
        "score": (("target_score",),),
        "more": (
            ("attack.steps", "attack.learning_rate"),
            ("attack.norm", "attack.budget"),
            ("attack.seed", "attack.noise"),
            ("attack.robust", "attack.draws"),
            ("full_size", "space"),
            ("longest", "ensemble"),
        ),
    },
    {
        "attack.smoothness": Box("Smoothness λ", "log", low=1, notes=smoothness_notes("diorama")),
        "target_label": Box("Label", choices=_labels, free=True),
        "target_score": Box("Score to raise", choices=_scores),
        "attack.steps": Box("Steps", "log", high=2000),
        "attack.learning_rate": Box("Learning rate", "log", low=1e-5, high=0.1),
        "attack.norm": Box("Budget", "radio", choices=lambda: [("none", "none"), ("L∞", "linf"), ("L2", "l2")]),
        "attack.budget": Box("Its size", "log", low=0.01, high=255, when=When("attack.norm", ("linf", "l2"))),
        "attack.noise": Box("Noise at the start"),
        "attack.robust": Box("Withstand"),
        "attack.draws": Box("Transformations a step"),
        "full_size": Box("Keep the picture’s own size"),
        "space": Box("Features pulled", "radio"),
        "longest": Box("Longest side", "log"),
        "ensemble": Box("Fool these models too", choices=_models, free=True, guard=_models_as_typed),
    },
)
