"""``python -m ood_studio.training.inpainting``: trains the inpainting network of Diorama-SD."""

from ood_studio.training import inpainting
from ood_studio.training.command import command
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.inpainting.training import train

if __name__ == "__main__":
    command(InpaintingRecipe, train, inpainting.__doc__)
