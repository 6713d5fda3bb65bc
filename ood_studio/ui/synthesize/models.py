"""What models cost, said before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ood_studio.core.errors import StudioError
from ood_studio.hub.bundled import bundled
from ood_studio.hub.costs import ModelInfo
from ood_studio.synthesis import classifier_models
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.inpainting_models import INPAINTING

_PRECISIONS = {"4bit": "in 4 bits", "float16": "on a GPU", "float32": "on a CPU"}


def costs(inpainter: str, context_model: str, classifier: str) -> str:
    """A line for each model that does not come with the app, or that is not there, and what all take together."""
    lines = []
    loaded: list[ModelInfo] = []
    for kind, name, describe in (
        ("Inpainting", inpainter, INPAINTING.describe),
        ("Contexts", context_model, CONTEXTS.describe),
        ("Classifier", classifier, classifier_models.describe),
    ):
        try:
            found = describe(name)
        except StudioError as error:
            lines.append(f"<b>{kind}</b>: {escape(str(error))}")
            continue
        loaded.append(found)
        if not (found.bundled and found.here):
            lines.append(f"<b>{kind}</b>: {escape(found.title)} {_download(found)}{_memory(found)}{_licence(found)}")
    if not lines:
        return ""
    lines += [together] if (together := _together(loaded)) else []
    return f'<div class="studio-costs" role="status">{"".join(f"<p>{line}</p>" for line in lines)}</div>'


def only_bundled(inpainter: str, context_model: str, classifier: str) -> bool:
    """Whether all models come with the app."""
    own = bundled("inpainting"), bundled("contexts"), bundled("classifier")
    return all(name in known for name, known in zip((inpainter, context_model, classifier), own, strict=True))


def contexts_here(name: str) -> bool:
    """Whether a context model loads without a download.

    Raises:
        StudioError: for a name that is none.
    """
    return CONTEXTS.describe(name).here


def _download(found: ModelInfo) -> str:
    size = found.download
    if found.here:
        return "is on this machine; nothing is downloaded."
    if found.bundled:
        return "comes with the app, but its files are missing."
    if size == 0:
        return "is not in that folder: some of its files are missing."
    if size:
        amount = f"{size:.1f} GB" if size >= 1 else f"{1000 * size:.0f} MB"
        return f"is not on this machine yet: <b>{amount}</b> are downloaded when it is first used."
    return "is not on this machine; how much there is to download is not known."


def _memory(found: ModelInfo) -> str:
    if not found.memory:
        return ""
    where = _PRECISIONS if len(found.memory) > 1 else {}
    needs = ", ".join(f"{size:g} GiB {where.get(kind, '')}".rstrip() for kind, size in found.memory.items())
    return f" Memory: about {needs}."


def _together(loaded: Sequence[ModelInfo]) -> str:
    """What models that are loaded at the same time take, where that is known of several."""
    known = [each.memory for each in loaded if each.memory]
    if len(known) < 2:
        return ""
    # Classifiers compute in float32 on every device.
    sums = {
        kind: sum(memory.get(kind, memory.get("float32", max(memory.values()))) for memory in known)
        for kind in ("float16", "float32")
    }
    needs = ", ".join(f"{size:.3g} GiB {_PRECISIONS[kind]}" for kind, size in sums.items())
    return f"<b>Together</b>, since all of them are loaded: about {needs}, and the model that scores beside them."


def _licence(found: ModelInfo) -> str:
    return f" Licence: {escape(found.licence)}." if found.licence else ""
