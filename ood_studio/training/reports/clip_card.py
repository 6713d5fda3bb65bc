"""The cards of the bundled backbones."""

from __future__ import annotations

from ood_studio.diorama.world import TRAINED_CLASSES, UNSEEN_CLASSES
from ood_studio.training.alignment import AlignmentRecipe
from ood_studio.training.clip.model import FOLDERS, load_config
from ood_studio.training.clip.recipe import RECIPES
from ood_studio.training.reports.cards import card, megabytes

_TOWERS = {"vit": "a vision transformer with 8-pixel patches", "conv": "a small ResNet"}
_PROVENANCE = {
    "conv": "These weights come from that recipe with changes on the way: the first 4,118 steps followed the schedule "
    "of 18,000 steps, the next 3,445 that of 12,000; a main object's name weighed 3 instead of 6; pictures without an "
    "object were no more frequent than among those rendered.",
    "vit": "These weights began with those of an earlier training of 5,500 steps in an earlier drawing of the world "
    "(`--start`); the first 706 steps followed the schedule of 10,000 steps, those up to 2,295 that of 6,500.",
}
_FAULT = (
    "The scenes of the main training were drawn with a fault, mended before the alignment: all its empty places were "
    "seas or beaches, the first colour of all its textures was orange or yellow, and no object was posed."
)


def clip_card(backbone: str, measured: str) -> str:
    """The card of one of them: data, recipe, sizes and measured figures."""
    tower = next(tower for tower, folder in FOLDERS.items() if folder.name == backbone)
    folder, recipe, alignment = FOLDERS[tower], RECIPES[tower], AlignmentRecipe()
    config = load_config(folder)
    text = f"""# Diorama-CLIP: `{backbone}`

An [open_clip](https://github.com/mlfoundations/open_clip) model in miniature, with {_TOWERS[tower]} as its image tower,
for 64-pixel pictures of the Diorama world of OOD Studio. **It is not CLIP**: it has seen nothing but Diorama's drawings
and knows no words but theirs. `open_clip.create_model_and_transforms("local-dir:assets/{backbone}")` loads it.

- Data: {recipe.pictures:,} scenes drawn by code (seed {recipe.seed}) with {len(TRAINED_CLASSES)} object classes,
  empty places and textures, and captions made from each scene's ground truth. Withheld as pictures and as words:
  {", ".join(UNSEEN_CLASSES)}.
- Recipe: `python -m ood_studio.training.clip --model {tower} --bfloat16`: {recipe.steps:,} steps of
  {recipe.batch} pictures, AdamW with learning rate {recipe.lr:g} (cosine), weight decay {recipe.weight_decay:g};
  that module documents the losses. It ends with `ood_studio.training.alignment`:
  {alignment.steps:,} steps of {alignment.batch} pictures against the names of all classes and other words at once,
  with learning rate {alignment.lr:g}.
- {_PROVENANCE[tower]} {_FAULT}
- Size: {megabytes(folder)} of half-precision weights; joint space of {config["embed_dim"]} dimensions; texts of up to
  {config["text_cfg"]["context_length"]} tokens."""
    return card("open_clip", "zero-shot-image-classification", text, measured)
