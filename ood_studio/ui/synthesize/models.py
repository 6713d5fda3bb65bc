"""What models cost, said before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ood_studio.core.errors import StudioError
from ood_studio.hub.names import BUNDLED
from ood_studio.synthesis import classifier_models, context_models, inpainting_models

_PRECISIONS = {"4bit": "in 4 bits", "float16": "on a GPU", "float32": "on a CPU"}


def costs(inpainter: str, context_model: str, classifier: str) -> str:
    """A line for each model that does not come with the app, or that is not there."""
    lines = []
    for kind, name, describe in (
        ("Inpainting", inpainter, inpainting_models.describe),
        ("Contexts", context_model, context_models.describe),
        ("Classifier", classifier, classifier_models.describe),
    ):
        try:
            found = describe(name)
        except StudioError as error:
            lines.append(f"<b>{kind}</b>: {escape(str(error))}")
            continue
        if not (found.bundled and found.here):
            need = _download(found.here, found.bundled, found.download) + _memory(found.memory)
            lines.append(f"<b>{kind}</b>: {escape(found.title)} {need}")
    if not lines:
        return ""
    return f'<div class="studio-costs" role="status">{"".join(f"<p>{line}</p>" for line in lines)}</div>'


def only_bundled(inpainter: str, context_model: str, classifier: str) -> bool:
    """Whether all models come with the app."""
    return inpainter == context_model == BUNDLED and classifier == classifier_models.CLASSIFIER


def contexts_here(name: str) -> bool:
    """Whether a context model loads without a download.

    Raises:
        StudioError: for a name that is none.
    """
    return context_models.describe(name).here


def _download(here: bool, bundled: bool, size: float | None) -> str:
    if here:
        return "is on this machine; nothing is downloaded."
    if bundled:
        return "comes with the app, but its files are missing."
    if size == 0:
        return "is not in that folder: some of its files are missing."
    if size:
        amount = f"{size:.1f} GB" if size >= 1 else f"{1000 * size:.0f} MB"
        return f"is not on this machine yet: <b>{amount}</b> are downloaded when it is first used."
    return "is not on this machine; how much there is to download is not known."


def _memory(memory: Mapping[str, float]) -> str:
    if not memory:
        return ""
    where = _PRECISIONS if len(memory) > 1 else {}
    needs = ", ".join(f"{size:g} GiB {where.get(kind, '')}".rstrip() for kind, size in memory.items())
    return f" Memory: about {needs}."
