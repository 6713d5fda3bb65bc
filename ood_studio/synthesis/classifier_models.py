"""Recognition models by name: the bundled one, and every family of backbones that may have a trained classifier."""

from __future__ import annotations

from ood_studio.backbones import FAMILIES, Backbone, describe_backbone, load_backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.bundled import bundled
from ood_studio.hub.costs import ModelInfo
from ood_studio.hub.errors import short

CLASSIFIER = next(iter(bundled("classifier")))
"""The name of the bundled recognition model."""


def offered_classifiers() -> list[str]:
    """Names that the interface offers."""
    families = [family for family in FAMILIES.values() if family.has_classifiers]
    return [*bundled("classifier"), *(name for family in families for name in family.offered)]


def describe(name: str) -> ModelInfo:
    """What a model costs; a look at folders and at lists only.

    Raises:
        StudioError: for a name that is none.
    """
    families = {prefix: family for prefix, family in FAMILIES.items() if family.has_classifiers}
    if name not in bundled("classifier") and name.partition(":")[0] not in families:
        forms = [*bundled("classifier"), *(family.forms[0] for family in families.values())]
        raise StudioError(f"the classifier must be {' or '.join(forms)}, not {short(name, 100)!r}")
    return describe_backbone(name)


def load_classifier(name: str = CLASSIFIER, device: str = "auto", progress: Progress = silent) -> Backbone:
    """A recognition model for an `EnergyGuide`, in float32 (small gradients matter).

    Args:
        name: ``diorama-classifier`` (bundled), or any other of a backbone with a trained classifier, such as
            ``timm:resnet50.a1_in1k``.
        device: ``auto`` or a torch device name.
        progress: told while another thread loads it; may raise to end the wait.

    Raises:
        BackboneError: one sentence with the name, the reason and what is available offline.
    """
    return load_backbone(name, device, "float32", progress=progress)
