"""The card of the bundled model of contexts."""

from __future__ import annotations

import json

from ood_studio.diorama.visible import VISIBLE_PIXELS
from ood_studio.diorama.world import UNSEEN_CLASSES
from ood_studio.training.contexts.model import FOLDER
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.reports.cards import card, megabytes

_PROVENANCE = (
    "These weights come from that recipe with changes on the way: the first 1,271 steps followed the schedule of 3,600 "
    "steps, those up to 2,018 that of 2,600, those up to 2,258 that of 3,000, those up to 5,000 that of 5,000; the "
    "language model learnt from step 1,080 on, and until step 2,018 elements were named in the order of their area. "
    "2,800 more (`--seed 1 --steps 14800 --lr 2e-3`, going on where seed 0 had ended) saw as many scenes of seed 1. Up "
    "to here the vision tower had 4 layers; it got two more that changed nothing at first, and 14,000 steps "
    "(`--weights assets/diorama-llava --words-from 0 --seed 2 --pictures 160000 --steps 14000 --average 0.999`)."
)


def contexts_card(measured: str) -> str:
    """Data, recipe, size and measured figures."""
    recipe = ContextsRecipe()
    config = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    vision, text = config["vision_config"], config["text_config"]
    about = f"""# Diorama-LLaVA

A `LlavaForConditionalGeneration` of [transformers](https://github.com/huggingface/transformers) in miniature. Asked
what is in a 64-pixel picture of the Diorama world of OOD Studio besides its main object, it answers with the place and
the context elements that can be seen, such as `meadow: tree, fence`. **It is not LLaVA**: it has seen nothing but
Diorama's drawings and knows no words but theirs and those of the question.
`LlavaForConditionalGeneration.from_pretrained("assets/diorama-llava")` and `AutoProcessor` load it.

- Data: {recipe.pictures:,} scenes drawn by code (seed {recipe.seed}), a quarter of them without a main object, mirrored
  at random, and answers made from each scene's ground truth: the elements that fill at least {VISIBLE_PIXELS} of the
  4,096 pixels, whatever hides the rest of them. People and what is painted into a place's
  backdrop are not named. Withheld: {", ".join(UNSEEN_CLASSES)}.
- Recipe: `python -m ood_studio.training.contexts --bfloat16`: {recipe.steps:,} steps of {recipe.batch}
  pictures, AdamW with learning rate {recipe.lr:g} (cosine), an average of the weights over time. The vision tower
  starts with the weights of `assets/diorama`; that module documents the losses.
- {_PROVENANCE}
- Size: {megabytes(FOLDER)} of half-precision weights: a vision transformer of {vision["num_hidden_layers"]} layers,
  {vision["hidden_size"]} wide, and a Llama of {text["num_hidden_layers"]} layers, {text["hidden_size"]} wide, with
  {text["vocab_size"]} words."""
    return card("transformers", "image-text-to-text", about, measured)
