"""Attacked and synthetic sets of this machine, as choices: to compare on, to learn from, to show on a map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ood_studio.attacks.attack_set import AttackedSet, attacked_sets
from ood_studio.synthesis.synthetic_set import SyntheticSet, synthetic_sets

NONE = ("none", "")


def ood_choices() -> list[tuple[str, str]]:
    """Titles of all sets, and what a comparison takes each as, see `ood_value`; the newest of each kind first."""
    found = [(f"{each.name} ({len(each.entries):,} synthetic pictures)", ood_value(each)) for each in synthetic_sets()]
    found += [
        (f"{each.name}, on {' and '.join(each.backbones)} ({each.count:,} pictures)", ood_value(each))
        for each in attacked_sets()
    ]
    return found


def ood_value(each: AttackedSet | SyntheticSet) -> str:
    """A set as ``NAME=FOLDER``, its name without what separates names from folders and sets."""
    return f"{each.name.replace(' = ', ' ').replace('=', ' ').replace(',', '')}={each.folder}"


def folder_choices() -> list[tuple[str, Any]]:
    """Titles and folders of all sets, after none."""
    found = [(f"{each.name} ({len(each.entries):,} synthetic)", str(each.folder)) for each in synthetic_sets()]
    found += [(f"{each.name} ({each.count:,} attacked)", str(each.folder)) for each in attacked_sets()]
    return [NONE, *found]


def synthetic_choices() -> list[tuple[str, str]]:
    """Titles and folders of the synthetic sets, after none."""
    return [NONE, *((f"{each.name} ({len(each.entries):,})", str(each.folder)) for each in synthetic_sets())]


def set_names() -> dict[str, tuple[str, str]]:
    """What programs call each set: its title and folder by that name, which is the folder's."""
    return {Path(folder).name: (title, folder) for title, folder in folder_choices() if folder}
