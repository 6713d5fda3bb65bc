"""``python -m ood_studio.training.autoencoder``: trains the autoencoder of Diorama-SD."""

from ood_studio.training import autoencoder
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.autoencoder.training import train
from ood_studio.training.command import command

if __name__ == "__main__":
    command(AutoencoderRecipe, train, autoencoder.__doc__)
