"""What Diorama-CLIP learns: to tell which texts are true of an image, and at first what its heads are asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.training.captioned_scenes import CaptionedScenes
from ood_studio.training.clip.batches import ContrastiveBatches
from ood_studio.training.clip.learner import Learner, Seen
from ood_studio.training.clip.model import normalised
from ood_studio.training.clip.recipe import ClipRecipe, ContrastiveRecipe
from ood_studio.training.clip.teacher import Teacher
from ood_studio.training.loop import Batch, Task
from ood_studio.training.scene_cache import to_tensor
from ood_studio.training.tokenizer import encode

_HALF_COVERED = 32  # of the 64 pixels of a patch
_AT_ONCE = 256


def multi_positive_loss(logits: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy of each row against its positives by their weights; rows without any are left out.

    Args:
        logits: (rows, columns).
        weights: (rows, columns), 0 where a column is no positive of the row.
    """
    total = weights.sum(dim=1)
    kept = total > 0
    return -((logits.log_softmax(dim=1) * weights).sum(dim=1)[kept] / total[kept]).mean()


def contrastive_losses(clip: Any, vectors: Tensor, texts: Tensor, positive: Tensor) -> dict[str, Tensor]:
    """The multi-positive losses of images (b, dim) against texts (t, dim) and of texts against images.

    Args:
        positive: (b, t), how much each text counts for each image.
    """
    logits = clip.logit_scale.exp() * F.normalize(vectors, dim=-1) @ F.normalize(texts, dim=-1).T
    return {"image": multi_positive_loss(logits, positive), "text": multi_positive_loss(logits.T, positive.T)}


class ContrastiveTask(Task):
    """Images against texts alone, all trained classes alike."""

    def __init__(
        self, recipe: ContrastiveRecipe, batches: ContrastiveBatches, tokenizer: Tokenizer, held_out: CaptionedScenes
    ) -> None:
        self._recipe, self._batches, self._held_out = recipe, batches, held_out
        self._names = torch.tensor(encode(tokenizer, [f"a photo of a {name}" for name in TRAINED_CLASSES]))

    def batch(self, step: int) -> Batch:
        """See `ContrastiveBatches.draw`."""
        return self._batches.draw(step)

    def losses(self, model: Learner, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """``image`` and ``text``, see `contrastive_losses`."""
        with self._recipe.autocast(batch["pixels"].device):
            seen, texts = model.see(normalised(batch["pixels"])), model.read(batch["tokens"])
        return contrastive_losses(model.clip, seen.vectors, texts, batch["positive"])

    def constrain(self, model: Learner) -> None:
        """Keeps the logit scale between 1 and 100, as in CLIP."""
        model.clip.logit_scale.clamp_(0, math.log(100))

    def measure(self, model: Learner) -> Mapping[str, float]:
        """Zero-shot accuracy on held-out scenes among the ID classes and among all trained ones; the logit scale."""
        device = model.clip.logit_scale.device
        texts = F.normalize(model.clip.encode_text(self._names.to(device)), dim=-1)
        cosines = []
        for start in range(0, len(self._held_out.labels), _AT_ONCE):
            pixels = normalised(to_tensor(self._held_out.pixels[start : start + _AT_ONCE])).to(device)
            cosines.append((F.normalize(model.see(pixels).vectors, dim=-1) @ texts.T).cpu())
        scores, labels = torch.cat(cosines), torch.from_numpy(self._held_out.labels)
        known = len(ID_CLASSES)
        inside, any_object = (labels >= 0) & (labels < known), labels >= 0
        return {
            "id_accuracy": (scores[inside, :known].argmax(1) == labels[inside]).float().mean().item(),
            "all_accuracy": (scores[any_object].argmax(1) == labels[any_object]).float().mean().item(),
            "logit_scale": model.clip.logit_scale.exp().item(),
        }


class ClipTask(ContrastiveTask):
    """The main training: helping heads and a teacher first, texts from `ClipRecipe.align_from` on.

    A vision transformer with a teacher learns what that sees at each patch (after its second block) and its vector of
    each image.
    """

    def __init__(
        self,
        recipe: ClipRecipe,
        batches: ContrastiveBatches,
        tokenizer: Tokenizer,
        held_out: CaptionedScenes,
        teacher: Teacher | None,
    ) -> None:
        super().__init__(recipe, batches, tokenizer, held_out)
        self._clip, self._teacher = recipe, teacher

    def losses(self, model: Learner, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """The contrastive ones, and by their share those that help."""
        recipe = self._clip
        progress = step / recipe.steps
        share = recipe.help_share(progress)
        if model.is_vit:
            model.clip.visual.patch_dropout.share = recipe.patch_dropout if progress < recipe.whole_from else 0.0
        pixels = normalised(batch["pixels"])
        with recipe.autocast(pixels.device):
            seen = model.see(pixels)
            texts = model.read(batch["tokens"]) if progress >= recipe.align_from else None
            taught = self._teacher(pixels) if self._teacher is not None and share > 0 else None
        losses: dict[str, Tensor] = {}
        if texts is not None:
            losses |= contrastive_losses(model.clip, seen.vectors, texts, batch["positive"])
        if share > 0:
            losses |= _helping_losses(model, seen, batch, share)
        if taught is not None:
            losses |= _distillation_losses(model, seen, *taught, share)
        return losses


def _helping_losses(model: Learner, seen: Seen, batch: Batch, share: float) -> dict[str, Tensor]:
    """The main object's class, everything that is true of the image, and the class at each patch."""
    # Vectors of unit length make weak inputs for a linear head, so the heads read them before normalisation.
    known = batch["labels"] >= 0
    classes = model.class_head(seen.vectors[known])
    concepts = F.binary_cross_entropy_with_logits(model.concept_head(seen.vectors), batch["concepts"])
    losses = {
        "class": share * F.cross_entropy(classes, batch["labels"][known], label_smoothing=0.05),
        "concepts": share * 10 * concepts,
    }
    if seen.patches is not None:
        covered = batch["coverage"].flatten(1).gather(1, model.clip.visual.patch_dropout.kept) >= _HALF_COVERED
        labels = batch["labels"][:, None].expand_as(covered)[covered]
        patches = model.patch_head(seen.patches[covered])
        losses["patches"] = share * F.cross_entropy(patches, labels, label_smoothing=0.05)
    return losses


def _distillation_losses(model: Learner, seen: Seen, local: Tensor, vectors: Tensor, share: float) -> dict[str, Tensor]:
    """Against what the teacher sees at each patch, (b, 64, features), and its vectors, (b, dim)."""
    kept = model.clip.visual.patch_dropout.kept[:, :, None].expand(-1, -1, local.shape[2])
    return {
        "local": share * 3 * F.mse_loss(model.local_head(model.middle.float()), local.gather(1, kept)),
        "vector": share * 5 * (1 - F.cosine_similarity(seen.vectors, vectors)).mean(),
    }
