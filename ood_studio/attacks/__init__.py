"""Feature-space adversarial OOD pictures, the sets made of them, and simple defences.

`FeatureAttack` is the attack of PLP; it is here to measure how easily detectors are fooled, on pictures that one owns.
"""

from ood_studio.attacks.attack_set import AttackedSet, attack_sets, attacked_sets
from ood_studio.attacks.defences import DEFENCES, Defence, parse_defence
from ood_studio.attacks.feature import (
    AttackStep,
    Diverged,
    FeatureAttack,
    Objective,
    smoothness_loss,
    smoothness_weight,
)
from ood_studio.attacks.quality import Quality, feature_distance, mean_quality, quality
from ood_studio.attacks.targets import class_targets, picture_targets, text_targets

__all__ = [
    "DEFENCES",
    "AttackStep",
    "AttackedSet",
    "Defence",
    "Diverged",
    "FeatureAttack",
    "Objective",
    "Quality",
    "attack_sets",
    "attacked_sets",
    "class_targets",
    "feature_distance",
    "mean_quality",
    "parse_defence",
    "picture_targets",
    "quality",
    "smoothness_loss",
    "smoothness_weight",
    "text_targets",
]
