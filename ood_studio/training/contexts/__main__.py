"""``python -m ood_studio.training.contexts``: trains Diorama-LLaVA."""

from ood_studio.training import contexts
from ood_studio.training.command import command
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.contexts.training import train

if __name__ == "__main__":
    command(ContextsRecipe, train, contexts.__doc__)
