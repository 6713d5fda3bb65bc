"""The models that come with the app: the only place that says which they are and where their files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ood_studio.core.paths import ASSETS
from ood_studio.hub.zoo_models import ZOO

Kind = Literal["backbone", "classifier", "inpainting", "contexts", "zoo"]


@dataclass(frozen=True)
class BundledModel:
    """One of them.

    Attributes:
        name: what people ask for; different kinds of models may share one.
        kind: what it is for: ``backbone`` compares images with texts, ``classifier`` tells the classes of images,
            ``inpainting`` paints, ``contexts`` describes, ``zoo`` is there to be compared with others.
        library: that reads it; of a backbone or classifier, the prefix of its family.
        folder_name: of its files in ``assets``.
        title: for people.
        trained_by: the command that made it.
    """

    name: str
    kind: Kind
    library: str
    folder_name: str
    title: str
    trained_by: str

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return ASSETS / self.folder_name


_WORLD = "trained on the bundled picture-book world alone"
_MODELS = (
    BundledModel(
        "diorama",
        "backbone",
        "open_clip",
        "diorama",
        f"Diorama-CLIP, a small vision transformer {_WORLD}",
        "python -m ood_studio.training.clip --model vit",
    ),
    BundledModel(
        "diorama-conv",
        "backbone",
        "open_clip",
        "diorama-conv",
        f"Diorama-CLIP, a small convolutional network {_WORLD}",
        "python -m ood_studio.training.clip --model conv",
    ),
    BundledModel(
        "diorama-classifier",
        "classifier",
        "timm",
        "diorama-classifier",
        f"Diorama-classifier, a miniature {_WORLD}",
        "python -m ood_studio.training.classifier",
    ),
    BundledModel(
        "diorama",
        "inpainting",
        "diffusers",
        "diorama-sd",
        f"Diorama-SD, a miniature {_WORLD}",
        "python -m ood_studio.training.inpainting",
    ),
    BundledModel(
        "diorama",
        "contexts",
        "transformers",
        "diorama-llava",
        f"Diorama-LLaVA, a miniature {_WORLD}",
        "python -m ood_studio.training.contexts",
    ),
    *(
        BundledModel(
            name,
            "zoo",
            recipe.library,
            f"zoo/{name}",
            f"Diorama-zoo, {recipe.about}",
            f"python -m ood_studio.training.zoo {name}",
        )
        for name, recipe in ZOO.items()
    ),
)


def bundled(*kinds: Kind) -> dict[str, BundledModel]:
    """The bundled models of some kinds by name, whether their files are there or not."""
    return {model.name: model for model in _MODELS if model.kind in kinds}
