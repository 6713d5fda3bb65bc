"""The object classes of Diorama, a family of drawings a file."""

from importlib import import_module

from ood_studio.diorama.objects.registry import OBJECTS, ObjectClass

for _family in (
    "animals",
    "birds",
    "bugs",
    "sea",
    "vehicles",
    "fruit",
    "food",
    "plants",
    "furniture",
    "tools",
    "instruments",
    "clothing",
    "vessels",
    "buildings",
    "toys",
):
    import_module(f"ood_studio.diorama.objects.{_family}")

__all__ = ["OBJECTS", "ObjectClass"]
