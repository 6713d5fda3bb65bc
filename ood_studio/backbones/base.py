"""The interface of every backbone: images and texts become unit vectors in one space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, final

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.nn import Linear

from ood_studio.backbones.prompts import PromptedTexts, PseudoWords
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import halving
from ood_studio.core.progress import pulse
from ood_studio.hub.errors import ModelError

_TEXT_BATCH = 256
_LARGE = 8  # pictures at a time of a model of real size on a CPU: what takes some seconds, within which a stop is heard
_LONGEST_ASPECT = 16  # beyond it, resizing the shorter edge to fit would make gigantic images


class BackboneError(ModelError):
    """A backbone could not be loaded or used: its name, the reason, and what is available offline."""


CELLS = "the last features' cells"
"""What patches are where a model says no more of them."""


@dataclass(frozen=True)
class ImageFeatures:
    """Every space that one forward pass gives, float32 on the backbone's device.

    Attributes:
        joint: (batch, dim), unit norm, comparable with text; None without a text tower.
        visual: (batch, width), before the projection into the joint space or the classifier, not normalised.
        patches: (batch, rows, columns, dim), unit norm, in the joint space (without a text tower: the visual one),
            where the architecture has them; else None. Row 0 is the top of the image, column 0 its left.
    """

    joint: Tensor | None
    visual: Tensor
    patches: Tensor | None


class LazyFeatures(ImageFeatures):
    """Features whose patches cost a pass of their own, which is made when they are first asked for.

    Args:
        joint, visual: see `ImageFeatures`.
        patches: makes them, with gradients where they are recorded at that time.
    """

    def __init__(
        self, joint: Tensor | None, visual: Tensor, patches: Tensor | Callable[[], Tensor | None] | None
    ) -> None:
        for name, value in (("joint", joint), ("visual", visual), ("_patches", patches)):
            object.__setattr__(self, name, value)

    @cached_property
    def patches(self) -> Tensor | None:
        patches: Any = self.__dict__["_patches"]
        return patches() if callable(patches) else patches


class Backbone(ABC):
    """Unit vectors of images and texts in one space; no scoring, no global state.

    The public methods check their input; a subclass implements `_transform`, `_encode_image` and `_encode_text`.
    Instances are shared between threads and never change after construction.

    Attributes:
        name: what `load_backbone` was asked for.
        dim: size of the joint space; of the visual one where there is no text tower.
        image_size: height of the images it takes, in pixels (its width too, but for a non-square model).
        logit_scale: the trained factor on cosines (e.g. 100), so a softmax temperature of 1 / logit_scale; 1 without a
            text tower.
        has_patches: whether `ImageFeatures.patches` is there.
        patch_kind: what its patches are, in words, where several things could be meant.
        reads_text: whether it has a text tower, and so `ImageFeatures.joint`.
        fingerprint: hash of weights, configuration, tokenizer and precision: equal fingerprints give equal vectors, so
            caches of features are keyed by it.
        head: the checkpoint's trained classifier, reading `ImageFeatures.visual`, float32 and frozen; None without one.
        labels: what the classes of ``head`` are, in its order, where the checkpoint's configuration names them.
        device, dtype: where and in which precision it computes; results are float32 all the same.
        parameters: of the image tower; 0 where that is not known.
        small: whether a single image is too little work for several threads, see `core.threads.is_small`.
        load_again: loads it in another process from name, device, precision and fingerprint; None where it was not
            loaded by its name, and then it does not pickle.
    """

    name: str
    dim: int
    image_size: int
    logit_scale: float
    has_patches: bool
    fingerprint: str
    device: torch.device
    dtype: torch.dtype
    patch_kind: str = CELLS
    reads_text: bool = True
    head: Linear | None = None
    labels: tuple[str, ...] | None = None
    parameters: int = 0
    small: bool = False
    load_again: Callable[[str, str, Any, str], Backbone] | None = None

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, int]:
        """(height, width) of the images that `encode_image` takes."""

    @property
    def at_once(self) -> int | None:
        """How many images are computed together where no gradient flows: few of a large model on a CPU, so that a stop
        is heard within seconds; None for any number."""
        return None if self.small or self.device.type != "cpu" else _LARGE

    @final
    def preprocess(self, images: Sequence[Image.Image]) -> Tensor:
        """Resizes and crops as the checkpoint was trained; mean and std are left to `encode_image`.

        Args:
            images: images of any size and mode.

        Returns:
            (batch, 3, height, width) float32 in [0, 1], on the CPU.
        """
        if isinstance(images, Image.Image):
            raise StudioError("preprocess expects a list of pictures, not a single one")
        if not images:
            return torch.empty(0, 3, *self.input_shape)
        return torch.stack([self._transform(image.convert("RGB")) for image in images])

    @final
    def encode_image(self, pixels: Tensor) -> ImageFeatures:
        """All features of a batch in one forward pass; differentiable with respect to ``pixels``.

        Args:
            pixels: (batch, 3, height, width) floats in [0, 1], on any device. Not mean/std-normalised: that is done
                inside, so that an attack lives in the space of images.

        At most `at_once` are computed at a time; where memory runs out, half as many, and half of those. Not so where
        gradients flow: a graph holds them all. Before each time whoever hears the work may stop it, see `pulse`.

        Raises:
            StudioError: for another shape, or integers.
            OutOfMemory: where one image is too much, or gradients flow.
            Stopped: as whoever hears the work raises it.
        """
        shape = (3, *self.input_shape)
        if pixels.ndim != 4 or tuple(pixels.shape[1:]) != shape or not pixels.is_floating_point():
            raise StudioError(
                f"{self.name} expects floating-point pixels of shape (batch, {shape[0]}, {shape[1]}, {shape[2]}) in "
                f"[0, 1], not {pixels.dtype} of shape {tuple(pixels.shape)}"
            )
        learning = torch.is_grad_enabled() and pixels.requires_grad
        count = f"{len(pixels)} pictures at once" if learning and len(pixels) > 1 else "a single picture"
        full = (
            f"{self.name} ran out of memory on {self.device} with {count}; end what else is in the memory, or choose a "
            "smaller model, another device or another precision"
        )
        whole = (pixels,) if learning else pixels  # of one item nothing can be halved

        def encode(part: Any) -> ImageFeatures:
            pulse()
            (given,) = part if learning else (part,)
            return self._encode_image(given.to(self.device, torch.float32))

        most = self.at_once
        if learning or most is None or len(pixels) <= most:
            return halving(encode, whole, _joined, full)
        parts = [halving(encode, part, _joined, full) for part in torch.split(pixels, most)]
        alone = _joined([ImageFeatures(part.joint, part.visual, None) for part in parts])
        patches = partial(_patches, parts) if self.has_patches else None
        return LazyFeatures(alone.joint, alone.visual, patches)

    @final
    @torch.no_grad()
    def encode_text(self, texts: Sequence[str], report: Callable[[int], None] = lambda done: None) -> Tensor:
        """Unit vectors of texts, computed in batches without gradients (but usable where gradients flow).

        Args:
            texts: finished prompts; longer ones than the model reads are cut. The more at once, the better they are
                sorted into batches.
            report: told before every batch how many texts are done; may raise to stop.

        Returns:
            (texts, dim) float32, unit norm, on the backbone's device.

        Raises:
            StudioError: for anything but a sequence of strings.
            BackboneError: when there is no text tower, or the tokenizer cannot be had.
        """
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise StudioError("encode_text expects a list of strings")
        rows = list(texts)
        if not rows:
            return torch.empty(0, self.dim, device=self.device)
        return F.normalize(self._encode_texts(rows, report).float(), dim=-1)

    @final
    @torch.no_grad()
    def word_vectors(self, words: str) -> Tensor:
        """(tokens, width) the vectors that the text tower takes some words for: where learning of prompts begins.

        Raises:
            StudioError: for no words, or more than leave room for a text.
            BackboneError: for a model whose prompts cannot be learnt.
        """
        found = self._word_vectors(words)
        if not len(found):
            raise StudioError("a prompt is learnt from words that it begins as; give one at least")
        return found.float()

    @final
    def prompted(self, texts: Sequence[str], length: int) -> PromptedTexts:
        """Texts that can be read behind so many vectors; longer ones than the model reads are cut.

        Raises:
            StudioError: for no text, or more vectors than leave room for one.
            BackboneError: for a model whose prompts cannot be learnt.
        """
        if isinstance(texts, str) or not texts or not all(isinstance(text, str) for text in texts):
            raise StudioError("prompted expects a list of strings, one at least")
        return self._prompted(list(texts), length)

    @final
    def pseudo_words(self, templates: Sequence[str]) -> PseudoWords:
        """Templates, each with one ``{}``, that can be read with vectors in place of the word.

        Raises:
            StudioError: for no template, or one without exactly one ``{}``.
            BackboneError: for a model whose prompts cannot be learnt.
        """
        if not templates or not all(template.count("{}") == 1 for template in templates):
            raise StudioError("pseudo_words expects templates with one {} each, one at least")
        return self._pseudo_words(list(templates))

    def with_attended_patches(self) -> Backbone:
        """The same model whose patches are its last layer's tokens with full attention.

        Raises:
            BackboneError: where it has no such choice.
        """
        raise BackboneError(f"{self.name} has one kind of patches, {self.patch_kind}, and no other")

    def too_long(self, texts: Sequence[str]) -> list[str]:
        """Those of some texts that are longer than the model reads; none where that is not known."""
        return []

    @final
    def __reduce__(self) -> tuple[Callable[..., Backbone], tuple[str, ...]]:
        """Pickles as its name: it is loaded where it is unpickled, and must be the same model there."""
        if self.load_again is None:
            raise BackboneError(f"{self.name} was not loaded by its name, so that another process cannot load it")
        return self.load_again, (self.name, str(self.device), str(self.dtype).removeprefix("torch."), self.fingerprint)

    @abstractmethod
    def _transform(self, image: Image.Image) -> Tensor:
        """One RGB image -> (3, height, width) float32 in [0, 1]."""

    @abstractmethod
    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        """Checked float32 pixels on the right device -> features."""

    @abstractmethod
    def _encode_text(self, texts: list[str]) -> Tensor:
        """At most a batch of texts -> (texts, dim), of any norm."""

    def _word_vectors(self, words: str) -> Tensor:
        """(tokens, width) of some words."""
        raise self._no_prompts()

    def _prompted(self, texts: list[str], length: int) -> PromptedTexts:
        """Texts, at least one, behind so many vectors."""
        raise self._no_prompts()

    def _pseudo_words(self, templates: list[str]) -> PseudoWords:
        """Templates, at least one."""
        raise self._no_prompts()

    def _no_prompts(self) -> BackboneError:
        return BackboneError(
            f"prompts cannot be learnt on {self.name}: that needs a causal text tower that is read at the end of the "
            "text, as CLIP's of the open_clip family"
        )

    def _encode_texts(self, texts: list[str], report: Callable[[int], None]) -> Tensor:
        """Any number of texts, at least one -> (texts, dim), of any norm.

        Batches of equal size in order; for a subclass where others are faster.
        """
        parts = []
        for start in range(0, len(texts), _TEXT_BATCH):
            report(start)
            parts.append(self._texts_in_parts(self._encode_text, texts[start : start + _TEXT_BATCH]))
        return torch.cat(parts)

    @final
    def _texts_in_parts(self, encode: Callable[[Any], Tensor], texts: Sized) -> Tensor:
        """What ``encode`` makes of a batch of texts, (texts, dim), in halves where memory runs out."""
        full = (
            f"{self.name} ran out of memory on {self.device} with a single text; end what else is in the memory, or "
            "choose a smaller model or another device"
        )

        def heard(some: Any) -> Tensor:
            pulse()
            return encode(some)

        return halving(heard, texts, torch.cat, full)


def _patches(parts: list[ImageFeatures]) -> Tensor | None:
    """Those of batches one after the other, each made where it is needed."""
    found = [each for part in parts if (each := part.patches) is not None]
    return torch.cat(found) if found else None


def _joined(parts: list[ImageFeatures]) -> ImageFeatures:
    """Features of batches one after the other."""

    def one(name: str) -> Tensor | None:
        found = [getattr(part, name) for part in parts]
        return None if found[0] is None else torch.cat(found)

    visual = one("visual")
    assert visual is not None
    return ImageFeatures(one("joint"), visual, one("patches"))


def limit_aspect(image: Image.Image) -> Image.Image:
    """The middle of an image that is extremely long or tall; any other unchanged."""
    width, height = image.size
    longest = _LONGEST_ASPECT * min(width, height)
    if max(width, height) <= longest:
        return image
    left, top = max(0, width - longest) // 2, max(0, height - longest) // 2
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))
