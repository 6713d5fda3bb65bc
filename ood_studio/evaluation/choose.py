"""Which scorers a benchmark runs: by key, with parameters where wanted (``knn:k=5:space=joint``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import parameters, with_settings, with_values
from ood_studio.scorers import CSP, MCM, SCORERS, NegLabel, Reference, Scorer

ALL = "all"
"""The key that stands for every scorer."""


def bench_scorers(neglabel: NegLabel | None = None) -> dict[str, Scorer]:
    """Every scorer by key, at its defaults; MCM's three temperature conventions each have one.

    Args:
        neglabel: what ``neglabel`` stands for, and whose τ, groups and seed CSP takes; its defaults where None.
    """
    base = neglabel or NegLabel()
    given: dict[str, dict[str, Scorer]] = {
        "neglabel": {"neglabel": base},
        "mcm": {"mcm": MCM(tau=1.0), "pseudo-msp": MCM(tau=0.01), "mcm-scale": MCM(tau=None)},
        "csp": {"csp": CSP(tau=base.tau, groups=base.groups, seed=base.seed)},
    }
    found: dict[str, Scorer] = {}
    for name, kind in SCORERS.items():
        found |= given.get(name) or {name: kind()}
    return found


def choose_scorers(wanted: Sequence[str], known: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The scorers wanted, in the order given and each once.

    Args:
        wanted: keys of ``known``, each with parameters behind it where they are not to be the defaults
            (``mcm:tau=0.5``, ``knn:k=5:space=joint``); ``all`` is every known one. What was written is the key of the
            result, so that one scorer can be compared with itself.

    Raises:
        StudioError: for no key, an unknown key or parameter, or a value that it cannot have.
    """
    if not wanted:
        raise StudioError(f"there is no scorer to compare; expected some of {', '.join(known)}, or {ALL}")
    chosen: dict[str, Scorer] = {}
    for text in wanted:
        chosen |= known if text == ALL else {text: parse_scorer(text, known)}
    return chosen


def without_text(scorers: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The scorers as a model without a text tower can run them: those that may read either space read the visual one.

    That is where such a model's own head lives. A space that the key itself names (``msp:space=joint``) stays.
    """
    found = {}
    for key, scorer in scorers.items():
        space = parameters(type(scorer)).get("space")
        free = space is not None and "visual" in space.choices and ":space=" not in key
        found[key] = with_values(scorer, {"space": "visual"}) if free else scorer
    return found


def check_some_run(scorers: Mapping[str, Scorer], model: str, head: Linear | None) -> None:
    """Tells before the work that a model without a text tower can run none of the scorers.

    Args:
        scorers: as `without_text` gives them.
        model: its name; ``head`` its own classifier, where it has one.

    Raises:
        StudioError: naming the scorers.
    """
    own = Reference(head=head)
    if all(any(part.endswith("_text") for part in scorer.reads(own)) for scorer in scorers.values()):
        raise StudioError(f"no scorer can run: {', '.join(scorers)} read texts, and {model} has no text tower")


def parse_scorer(text: str, known: Mapping[str, Scorer]) -> Scorer:
    """One scorer from its key and parameters, such as ``gen:gamma=0.2``.

    Raises:
        StudioError: see `choose_scorers`.
    """
    key = text.partition(":")[0]
    if key not in known:
        meant = get_close_matches(key, known, n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise StudioError(f"unknown scorer {key!r}; expected some of {', '.join(known)}, or {ALL}{hint}")
    return with_settings(known[key], text)


def scorer_text(key: str, scorer: Scorer, known: Mapping[str, Scorer]) -> str:
    """What `parse_scorer` reads back as ``scorer``: the key and the parameters that differ from the known one's."""
    usual = known[key]
    parts = [key]
    for name, parameter in parameters(type(scorer)).items():
        value = getattr(scorer, name)
        if value != getattr(usual, name):
            parts.append(f"{name}={parameter.text(value)}")
    return ":".join(parts)
