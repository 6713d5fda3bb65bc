"""The model while it learns: with the heads that help it, and with patches left out."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from ood_studio.diorama.world import TRAINED_CLASSES
from ood_studio.training.captioned_scenes import all_concepts

_SHORT_TEXT = 9  # tokens; most prompts are no longer


class Seen(NamedTuple):
    """What the image tower makes of images; nothing is of unit length.

    Attributes:
        vectors: (b, dim).
        patches: (b, kept patches, dim) of a vision transformer.
    """

    vectors: Tensor
    patches: Tensor | None


class PatchDropout(nn.Module):
    """Leaves out a share of each image's patches during training, and remembers which were kept.

    Stands in for open_clip's own, which does not tell.

    Attributes:
        share: of the patches left out.
        kept: (b, kept patches) int64 of the last batch, ascending.
    """

    def __init__(self) -> None:
        super().__init__()
        self.share = 0.0
        self.kept = torch.empty(0, dtype=torch.long)

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, 1 + patches, width), class token first -> (b, 1 + kept patches, width)."""
        batch, patches = tokens.shape[0], tokens.shape[1] - 1
        count = max(1, round(patches * (1 - self.share))) if self.training else patches
        self.kept = torch.rand(batch, patches, device=tokens.device).argsort(dim=1)[:, :count].sort(dim=1).values
        picked = tokens[:, 1:].gather(1, self.kept[:, :, None].expand(-1, -1, tokens.shape[2]))
        return torch.cat([tokens[:, :1], picked], dim=1)


class Learner(nn.Module):
    """A CLIP model and the heads that help it at first.

    Args:
        clip: an `open_clip.model.CLIP`, which has no types.
        local: features a patch of a teacher, see `ood_studio.training.clip.teacher`; 0 without one.

    Attributes:
        middle: (b, kept patches, width) of a vision transformer's second block in the last batch, with a teacher.
    """

    clip: Any

    def __init__(self, clip: Any, local: int = 0) -> None:
        super().__init__()
        self.clip = clip
        self.middle = torch.empty(0)
        width = clip.text_projection.shape[1]
        self.class_head = nn.Linear(width, len(TRAINED_CLASSES))
        self.concept_head = nn.Linear(width, len(all_concepts()))
        self.patch_head = nn.Linear(width, len(TRAINED_CLASSES))
        self.is_vit = isinstance(clip.visual, VisionTransformer)
        if local:
            inner = clip.visual.conv1.out_channels
            self.local_head = nn.Sequential(nn.LayerNorm(inner), nn.Linear(inner, local))
            clip.visual.transformer.resblocks[1].register_forward_hook(self._keep_middle)
        if self.is_vit:
            clip.visual.output_tokens = True

    def leave_out_patches(self) -> None:
        """Puts a `PatchDropout` into a vision transformer."""
        if self.is_vit:
            self.clip.visual.patch_dropout = PatchDropout()

    def see(self, pixels: Tensor) -> Seen:
        """What the image tower makes of normalised pixels."""
        if not self.is_vit:
            return Seen(self.clip.encode_image(pixels).float(), None)
        vectors, tokens = self.clip.visual(pixels)
        return Seen(vectors.float(), (tokens @ self.clip.visual.proj).float())

    def read(self, tokens: Tensor) -> Tensor:
        """(texts, dim) of tokens (texts, context): open_clip's text tower, run apart for short and long texts.

        Padding after ``<end>`` changes nothing, so that short ones need not be padded as far.
        """
        short = (tokens > 0).sum(dim=1) <= _SHORT_TEXT
        out = torch.empty(len(tokens), self.clip.text_projection.shape[1], device=tokens.device)
        for rows, length in ((short, _SHORT_TEXT), (~short, tokens.shape[1])):
            if rows.any():
                out[rows] = self._read_cut(tokens[rows, :length]).float()
        return out

    def _read_cut(self, tokens: Tensor) -> Tensor:
        clip, length = self.clip, tokens.shape[1]
        x = clip.token_embedding(tokens) + clip.positional_embedding[:length]
        x = clip.ln_final(clip.transformer(x, attn_mask=clip.attn_mask[:length, :length]))
        ends: Tensor = x[torch.arange(len(tokens), device=tokens.device), tokens.argmax(dim=-1)]
        projection: Tensor = clip.text_projection
        return ends @ projection

    def _keep_middle(self, block: nn.Module, given: Any, tokens: Tensor) -> None:
        self.middle = tokens[:, 1:]
