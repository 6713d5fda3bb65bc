"""The cards of the bundled inpainting model and classifier."""

from __future__ import annotations

from ood_studio.training.autoencoder.model import FOLDER as PIPELINE
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.classifier.model import ARCHITECTURE, MODEL_ARGS
from ood_studio.training.classifier.model import FOLDER as CLASSIFIER
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.reports.cards import card, megabytes

_PROVENANCE = (
    "These weights come from that recipe with changes on the way: 2,107 steps with the noise schedule of Stable "
    "Diffusion and the learning rate of 6,500 steps, then 4,200 (`--weights`) with the one that is there now, "
    "all without weighing the object, then 8,400 with even timesteps and all scenes alike (`--weights --steps 8400`), "
    "then 9,600 as above (`--weights --steps 9600 --seed 1`). They are the mean of the weights before and after these "
    "9,600 steps (Wortsman et al. 2022): the former leave objects out, the latter paint them, best."
)
_CLASSIFIER_PROVENANCE = (
    "These weights come from that recipe with changes on the way: the first 9,000 steps, of 48 pictures, followed a "
    "schedule of that length and saw the classes at the places natural to them; the last 6,000 are as above. The "
    "autoencoded pictures among them were of a decoder that had learnt alone for 2,000 steps."
)


def _about() -> str:
    recipe = AutoencoderRecipe()
    return (
        "for 64-pixel pictures of the Diorama world of OOD Studio. It has seen nothing but Diorama's drawings, "
        f"{recipe.pictures:,} scenes drawn by code (seed {recipe.seed})"
    )


def inpainting_card(measured: str) -> str:
    """The card of the inpainting pipeline."""
    autoencoder, inpainting = AutoencoderRecipe(), InpaintingRecipe()
    text = f"""# Diorama-SD

Stable Diffusion inpainting in miniature, {_about()}, and knows no words but those of that world.
`diffusers.StableDiffusionInpaintPipeline.from_pretrained("assets/diorama-sd")` loads it.

- `vae/`: an AutoencoderKL, 64 x 64 pixels to 32 x 32 latents of 4 channels, {megabytes(PIPELINE / "vae")}:
  `python -m ood_studio.training.autoencoder --bfloat16`, {autoencoder.steps:,} steps of {autoencoder.batch}
  pictures, and {autoencoder.sharpen:,} of the decoder alone.
- `unet/`: a UNet2DConditionModel with 9 input channels, {megabytes(PIPELINE / "unet")}:
  `python -m ood_studio.training.inpainting --bfloat16`, {inpainting.steps:,} steps of {inpainting.batch}
  pictures, v-prediction, learning rate {inpainting.lr:g} (cosine), the average of its weights over time
  (decay {inpainting.average:g}). {_PROVENANCE}
- `text_encoder/` and `tokenizer/`: those of Diorama-CLIP as they are, {megabytes(PIPELINE / "text_encoder")}; prompts
  of up to 20 tokens."""
    return card("diffusers", "image-to-image", text, measured)


def classifier_card(measured: str) -> str:
    """The card of the classifier."""
    classifier = ClassifierRecipe()
    text = f"""# Diorama's classifier

The recognition model whose energy guides the synthesis: a timm `{ARCHITECTURE}` with {MODEL_ARGS["layers"]} blocks and
{MODEL_ARGS["channels"]} channels over the 20 ID classes, {_about()}.
`timm.create_model("local-dir:assets/diorama-classifier", pretrained=True)` loads it.

- Recipe: `python -m ood_studio.training.classifier --bfloat16`, {classifier.steps:,} steps of
  {classifier.batch} pictures, one in {classifier.coded} as the autoencoder gives it back; learning rate
  {classifier.lr:g} (cosine). Every class is shown at every place equally often ({classifier.anywhere:,} scenes more):
  the classifier is to tell objects, not places.
- {_CLASSIFIER_PROVENANCE}
- Size: {megabytes(CLASSIFIER)} of half-precision weights."""
    return card("timm", "image-classification", text, measured)
