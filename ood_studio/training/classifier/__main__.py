"""``python -m ood_studio.training.classifier``: trains Diorama's classifier."""

from ood_studio.training import classifier
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.classifier.training import train
from ood_studio.training.command import command

if __name__ == "__main__":
    command(ClassifierRecipe, train, classifier.__doc__)
