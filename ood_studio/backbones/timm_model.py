"""Vision models of the timm library, which have no text tower: published ones, folders and hub repositories."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ood_studio.backbones import timm_files
from ood_studio.backbones.base import Backbone, BackboneError, ImageFeatures, limit_aspect
from ood_studio.backbones.families import FAMILIES, Family
from ood_studio.backbones.timm_cells import cells_of
from ood_studio.backbones.timm_files import Checkpoint
from ood_studio.core.threads import is_small
from ood_studio.hub.errors import CannotLoad
from ood_studio.hub.files import fingerprint
from ood_studio.hub.loading import building


class TimmBackbone(Backbone):
    """A timm model with the `Backbone` interface: images alone, so ``joint`` is None.

    ``visual`` is the pooled vector that the classifier reads (``forward_head`` with ``pre_logits``). ``patches`` are
    the cells of the last feature map, or the patch tokens of a vision transformer, each through the same head as if it
    were the whole map, so in the space of ``visual``; architectures with neither have none. A cell where every
    activation is 0, which rectified maps can have, stays 0.

    ``head`` is the trained classifier where it is one linear layer on ``visual`` (a distilled transformer's pair of
    them is not).

    Parameters are frozen, so gradients flow to the pixels alone.

    Args:
        checkpoint: the model's files.
        device, dtype: where and in which precision to compute; below float32 the weights of linear layers and
            convolutions are kept in ``dtype`` too.

    Raises:
        CannotLoad: when the weights are damaged or do not belong to the configuration, or the model does not take
            colour images or gives no vector for one.
    """

    logit_scale = 1.0
    reads_text = False

    def __init__(
        self, checkpoint: Checkpoint, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        from timm.data.config import resolve_model_data_config
        from timm.data.transforms_factory import create_transform
        from torchvision.transforms import Compose  # type: ignore[import-untyped]

        self.name = checkpoint.name
        self.device, self.dtype = torch.device(device), dtype
        with building(checkpoint.weights.name, self.device):
            self._model = _build(checkpoint).to(self.device)
            self.parameters = sum(each.numel() for each in self._model.parameters())
            self.small = is_small(self._model, self.device)
            data: dict[str, Any] = resolve_model_data_config(self._model)  # type: ignore[no-untyped-call]
            *steps, normalize = create_transform(**data, is_training=False).transforms
            channels, *size = data["input_size"]
            if channels != 3:
                raise CannotLoad(f"it takes pictures of {channels} channels, not of 3")
            self._input_shape, self.image_size = (int(size[0]), int(size[1])), int(size[0])
            self._resize = Compose(steps)
            self._crops = data["crop_mode"] == "center"
            self._mean = normalize.mean.to(self.device).view(3, 1, 1)
            self._std = normalize.std.to(self.device).view(3, 1, 1)
            self._probe()
            if dtype != torch.float32:
                for layer in self._model.modules():
                    if type(layer) in (nn.Linear, nn.Conv2d):  # their subclasses compute with their weights
                        layer.to(dtype)
        self.fingerprint = fingerprint(checkpoint.weights, [checkpoint.config, data, str(dtype)])

    @property
    def input_shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._input_shape

    @torch.no_grad()
    def _probe(self) -> None:
        """Learns from one forward pass what the architecture gives."""
        noise = torch.rand(2, 3, *self._input_shape, generator=torch.Generator().manual_seed(0)).to(self.device)
        features = self._model.forward_features(noise)
        visual = self._pooled(features)
        if visual.ndim != 2:
            raise CannotLoad("it is configured to pool nothing (global_pool), so it has no vector of a picture")
        self.dim = visual.shape[1]
        self._grid = cells_of(self._model, self._pooled, features, self.dim)
        self.has_patches = self._grid is not None
        self.head = _linear_head(self._model, features, visual)
        self.labels = _labels(self._model) if self.head is not None else None

    def _pooled(self, features: Tensor) -> Tensor:
        """The last features -> (batch, dim), what the classifier reads."""
        pooled: Tensor = self._model.forward_head(features, pre_logits=True)
        return pooled

    def _transform(self, image: Image.Image) -> Tensor:
        pixels: Tensor = self._resize(limit_aspect(image) if self._crops else image)
        return pixels

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        half = self.dtype != torch.float32
        with torch.autocast(self.device.type, self.dtype if half else None, enabled=half):
            features = self._model.forward_features((pixels - self._mean) / self._std)
            visual = self._pooled(features)
            patches = None if self._grid is None else self._grid.through(self._pooled, features)
        return ImageFeatures(
            joint=None,
            visual=visual.float(),
            patches=None if patches is None else F.normalize(patches.float(), dim=-1),
        )

    def _encode_text(self, texts: list[str]) -> Tensor:
        raise BackboneError(f"{self.name} has no text tower, so it cannot compare pictures with labels")


def _build(checkpoint: Checkpoint) -> Any:
    import timm

    # With a file named, timm reads that one and nothing else; foreign formats it would read by other means are refused.
    file = {"file": str(checkpoint.weights), "source": None, "state_dict": None, "custom_load": False}
    model: Any = timm.create_model(checkpoint.source, pretrained=True, pretrained_cfg_overlay=file)
    classes = model.pretrained_cfg["num_classes"]
    if model.num_classes != classes:  # then timm leaves the classifier as it was drawn
        raise CannotLoad(f"its weights have {classes} classes and its model_args {model.num_classes}")
    return model.eval().requires_grad_(False)


def _linear_head(model: Any, features: Tensor, visual: Tensor) -> nn.Linear | None:
    """The classifier (a linear layer, or a convolution of one pixel), where the model's logits are its own."""
    classifier = model.get_classifier()
    if not isinstance(classifier, (nn.Linear, nn.Conv2d)):
        return None
    weight = classifier.weight.detach().flatten(1).clone()
    if weight.shape[1] != visual.shape[1]:
        return None
    head = nn.Linear(weight.shape[1], weight.shape[0], bias=classifier.bias is not None, device=weight.device)
    head.weight.copy_(weight)
    if classifier.bias is not None:
        head.bias.copy_(classifier.bias.detach())
    logits = model.forward_head(features)
    same = logits.shape == (len(visual), len(weight)) and torch.allclose(
        head(visual), logits, rtol=1e-2, atol=1e-2 * float(logits.std())
    )
    return head.requires_grad_(False) if same else None


def _labels(model: Any) -> tuple[str, ...] | None:
    names = model.pretrained_cfg.get("label_names")
    if not isinstance(names, (list, tuple)) or len(names) != model.num_classes:
        return None
    described = model.pretrained_cfg.get("label_descriptions")
    texts = described if isinstance(described, dict) else {}
    return tuple(str(texts.get(name, name)) for name in names)


FAMILIES.register(
    Family(
        timm_files.PREFIX,
        timm_files.FORMS,
        resolve=timm_files.resolve,
        build=TimmBackbone,
        offline=timm_files.offline,
        folder=timm_files.folder_of,
        describe=timm_files.describe,
        offered=("timm:resnet50.a1_in1k", "timm:efficientnet_b0.ra_in1k"),
        reads_text=False,
        has_classifiers=True,
    )
)
