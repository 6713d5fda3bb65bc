"""What the shared choice means, in words; nothing is loaded for it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ood_studio.backbones.families import find_model
from ood_studio.hub.errors import CannotLoad
from ood_studio.labels.presets import read_labels
from ood_studio.ui.sidebar.shared import Shared
from ood_studio.worlds import corpora, reference_of, world_of_backbone, worlds

_NAMED = 100  # labels in a tooltip


def world_html(backbone: str) -> str:
    """Which world the chosen model belongs to, so that a miniature is never taken for the real thing."""
    world = world_of_backbone(backbone)
    title = escape(backbone) if world is None else escape(world.title)
    name = f"<b>{title}</b>" + (f": {escape(world.models)}" if world is not None and world.models else "")
    return f'<p class="studio-world" role="status">{name}</p>'


def meaning_html(shared: Shared) -> str:
    """Both sides of the labels, what sets the thresholds, and whether model and labels are of one world.

    Raises:
        StudioError: for labels that cannot be used.
    """
    if not _reads_text(shared.labels.backbone):
        said = "This model has no text tower: the classes of its own head stand for labels, and words play no part. "
        said += "Pictures of yours set the thresholds." if shared.reference else "Reference pictures of yours add k-NN."
        return f'<p class="studio-about" role="status">{said}</p>'
    typed = read_labels(shared.labels.apart_from_data)
    sentences = [_sides(shared, typed.labels), _thresholds(shared, typed.labels), *map(escape, typed.notes)]
    if stranger := _stranger(shared):
        sentences.insert(0, f'<b class="out">{escape(stranger)}</b>')
    return f'<p class="studio-about" role="status">{" ".join(sentences)}</p>'


def _reads_text(backbone: str) -> bool:
    """Whether a model of that name has a text tower; of a name that is none nobody knows."""
    try:
        family, _ = find_model(backbone)
    except CannotLoad:
        return True
    return family.reads_text


def _sides(shared: Shared, labels: tuple[str, ...]) -> str:
    corpus, mining = shared.labels.corpus, shared.labels.mining
    words = corpora()[corpus].title if corpus in corpora() else Path(corpus).name
    kept = f"at most {mining.count:,}" if mining.fraction is None else f"{mining.fraction:.2g} of all"
    how = "" if mining.selection == "mined" else " at random"
    named = escape(", ".join(labels[:_NAMED]) + (", …" if len(labels) > _NAMED else ""))
    return f'<b title="{named}">{len(labels):,} ID labels</b> against {kept} words{how} from {escape(words)}.'


def _thresholds(shared: Shared, labels: tuple[str, ...]) -> str:
    if shared.reference:
        return "Pictures of yours set the thresholds."
    reference = reference_of(labels)
    if reference is None:
        return "These labels come without reference pictures, so there is no threshold."
    return f"Thresholds from {escape(reference.about)}."


def _stranger(shared: Shared) -> str:
    """A warning where the model has never seen what the labels are about."""
    home = world_of_backbone(shared.labels.backbone)
    asked = next(
        (world for world in worlds() if shared.labels.apart_from_data in [each.name for each in world.presets]), None
    )
    if home is None or asked is None or home is asked:
        return ""
    return f"This model knows only the {home.title}, these labels belong to another: {asked.title}."
