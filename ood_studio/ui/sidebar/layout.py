"""How the sidebar's boxes are ordered and drawn."""

from __future__ import annotations

from functools import cache
from typing import Any

from gradio.utils import is_in_or_equal

from ood_studio.adapters import saved_adapters
from ood_studio.backbones import offered_backbones
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path, is_there
from ood_studio.labels.prompts import PROMPT_SETS
from ood_studio.ui import temporary
from ood_studio.ui.form import Box, Layout, Own, When
from ood_studio.ui.model_names import typed_name
from ood_studio.worlds import corpora, presets
from ood_studio.worlds.wordnet import LEXNAMES


def _backbones() -> list[tuple[str, Any]]:
    return [(name, name) for name in offered_backbones()]


def _adapters() -> list[tuple[str, Any]]:
    return [(each.name, each.name) for each in saved_adapters()]


def _presets() -> list[tuple[str, Any]]:
    return [(_preset_title(name), name) for name in presets()]


@cache
def _preset_title(name: str) -> str:
    return f"{name}: {len(presets()[name].load()):,} classes"


def _corpora() -> list[tuple[str, Any]]:
    return [(corpus.title, name) for name, corpus in corpora().items()]


def _prompts() -> list[tuple[str, Any]]:
    return [(each.name, each.name) for each in PROMPT_SETS]


def _corpus(name: Any) -> str:
    """A corpus by name, or a file that was uploaded: no visitor reads files of the server."""
    chosen = str(name)
    if chosen not in corpora() and not is_in_or_equal(chosen, temporary.folder(temporary.UPLOADS)):
        raise StudioError(f"the corpus must be one of {', '.join(corpora())}, or an uploaded file, not {chosen!r}")
    return chosen


def _is_file(name: Any) -> bool:
    return name not in corpora()


def _reference(folder: Any) -> str:
    """A folder of reference pictures as it was typed."""
    text = str(folder or "").strip()
    if not text:
        return ""
    chosen = given_path(text)
    if not is_there(chosen) or not chosen.is_dir():
        raise StudioError(f"the folder of ID reference pictures {text!r} does not exist")
    return str(chosen.resolve())


_WITH_LEXNAMES = tuple(name for name, corpus in corpora().items() if corpus.has_lexnames)
_BINARISED = ("linear-binary", "count", "binary-ratio")
_LINEAR = ("linear-sum", "linear-max", "linear-binary")

LAYOUT = Layout(
    "shared",
    {
        "model": (("labels.backbone",), ("labels.adapter",), ("labels.labels",)),
        "negatives": (
            ("labels.corpus",),
            ("labels.lexnames",),
            ("labels.mining.count",),
            ("labels.mining.eta", "labels.mining.fraction"),
            ("labels.mining.closest",),
            ("labels.mining.per_pos",),
            ("labels.mining.selection",),
            ("labels.mining.seed",),
            ("labels.prompts",),
        ),
        "score": (
            ("score.form",),
            ("score.tau",),
            ("score.groups", "score.fuse"),
            ("score.seed",),
            ("score.threshold",),
            ("score.weight",),
        ),
        "reference": (("reference",),),
    },
    {
        "labels.backbone": Box("Model", choices=_backbones, free=True, guard=typed_name),
        "labels.adapter": Box("Adapters", "dropdown", choices=_adapters),
        "labels.labels": Box(
            "ID labels",
            choices=_presets,
            own=Own(
                "type your own",
                "Your labels, one a line, or on one line separated by commas",
                "there are no labels; type at least one, one a line, or on one line separated by commas",
                lines=3,
                hint="cat, dog, guitar",
            ),
        ),
        "labels.corpus": Box(
            "Words",
            choices=_corpora,
            own=Own(
                "a file of mine",
                "One word a line",
                "choose a corpus file: plain text, one word a line",
                0,
                "",
                (".txt",),
            ),
            guard=_corpus,
            private=_is_file,
        ),
        "labels.lexnames": Box(
            "WordNet files",
            "dropdown",
            choices=lambda: [(name, name) for name in LEXNAMES],
            when=When("labels.corpus", _WITH_LEXNAMES),
        ),
        "labels.mining.count": Box("M, negative labels"),
        "labels.mining.eta": Box("η, percentile"),
        "labels.mining.fraction": Box("Share instead of M"),
        "labels.mining.closest": Box("Largest cosine to an ID label"),
        "labels.mining.per_pos": Box("Nouns and adjectives apart"),
        "labels.mining.selection": Box(
            "How they are chosen",
            "radio",
            choices=lambda: [("mined: the furthest", "mined"), ("random, to compare with", "random")],
        ),
        "labels.mining.seed": Box("Seed of the random ones", when=When("labels.mining.selection", ("random",))),
        "labels.prompts": Box(
            "Prompts",
            choices=_prompts,
            own=Own(
                "a template of mine", "Your template", "type a template with {} for the label", 1, "a photo of a {}."
            ),
        ),
        "score.form": Box("Form of NegLabel"),
        "score.tau": Box("τ, temperature"),
        "score.groups": Box("Groups"),
        "score.fuse": Box("Groups averaged"),
        "score.seed": Box("Seed of the groups"),
        "score.threshold": Box("ψ, cosine that counts", when=When("score.form", _BINARISED)),
        "score.weight": Box("β, weight of negatives", when=When("score.form", _LINEAR)),
        "reference": Box("A folder of this machine", guard=_reference, private=True, local=True),
    },
)
