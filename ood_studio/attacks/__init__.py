"""Feature-space adversarial OOD images, the sets made of them, and simple defences.

`FeatureAttack` is the attack of PLP; it is here to measure how easily detectors are fooled, on images that one owns.
"""

from ood_studio.attacks.attack_set import AttackedSet, attack_sets, attacked_sets
from ood_studio.attacks.defences import DEFENCES, Defence, parse_defence
from ood_studio.attacks.feature import AttackStep, Diverged, FeatureAttack
from ood_studio.attacks.objective import Objective
from ood_studio.attacks.quality import Quality, feature_distance, mean_quality, quality
from ood_studio.attacks.smoothness import smoothness_loss, smoothness_weight
from ood_studio.attacks.targets import class_targets, image_targets, label_targets, text_targets

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
    "image_targets",
    "label_targets",
    "mean_quality",
    "parse_defence",
    "quality",
    "smoothness_loss",
    "smoothness_weight",
    "text_targets",
]
