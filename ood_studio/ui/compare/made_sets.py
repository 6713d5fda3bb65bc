"""Sets that were made in the Attack and Synthesize tabs, as OOD sets to choose from."""

from __future__ import annotations

from ood_studio.attacks.attack_set import AttackedSet, attacked_sets
from ood_studio.synthesis.synthetic_set import SyntheticSet, synthetic_sets


def added_choices() -> list[tuple[str, str]]:
    """Titles and values of all sets that were made here."""
    return [*synthetic_choices(), *attacked_choices()]


def attacked_choices() -> list[tuple[str, str]]:
    """Titles and values of the sets that attacks left behind, the newest first."""
    return [
        (f"{each.name}, on {' and '.join(each.backbones)} ({each.count:,} pictures)", attacked_value(each))
        for each in attacked_sets()
    ]


def attacked_value(each: AttackedSet) -> str:
    """An attacked set as ``NAME=FOLDER``, its name without what separates sets."""
    return f"{each.name.replace(' = ', ' ').replace(',', '')}={each.folder}"


def synthetic_choices() -> list[tuple[str, str]]:
    """Titles and values of the sets that were synthesised, the newest first."""
    return [
        (f"{each.name} ({len(each.entries):,} synthetic pictures)", synthetic_value(each)) for each in synthetic_sets()
    ]


def synthetic_value(each: SyntheticSet) -> str:
    """A synthetic set as ``NAME=FOLDER``, its name without what separates sets."""
    return f"{each.name.replace('=', ' ').replace(',', '')}={each.folder}"
