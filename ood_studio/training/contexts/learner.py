"""The model while it learns, with the two heads that help it."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.places import PLACES


class Logits(NamedTuple):
    """What the model and its heads say of images.

    Attributes:
        answer: (b, tokens, vocabulary) of the answer's tokens; None where the language model rests.
        patches: (b, 64, 1 + elements) of the element at each patch; the first is none.
        place: (b, places).
    """

    answer: Tensor | None
    patches: Tensor
    place: Tensor


class Learner(nn.Module):
    """A `LlavaForConditionalGeneration` and a head for patches and one for places."""

    def __init__(self, llava: Any) -> None:
        super().__init__()
        self.llava = llava
        width = llava.config.text_config.hidden_size
        self.patches, self.places = nn.Linear(width, 1 + len(ELEMENTS)), nn.Linear(width, len(PLACES))

    def forward(self, pixels: Tensor, tokens: Tensor, answer: int) -> Logits:
        """The logits for normalised pixels.

        Args:
            pixels: (b, 3, 64, 64).
            tokens: (b, length), questions and answers.
            answer: how many of the last tokens are the answer's; 0 where the language model is to rest.
        """
        seen = self.llava.get_image_features(pixel_values=pixels, return_dict=True)
        patches = torch.stack(seen.pooler_output)
        said = None
        if answer:
            output = self.llava(
                input_ids=tokens, mm_encoder_outputs={"image": seen}, logits_to_keep=answer + 1, use_cache=False
            )
            said = output.logits[:, :-1].float()
        return Logits(said, self.patches(patches).float(), self.places(patches.mean(dim=1)).float())
