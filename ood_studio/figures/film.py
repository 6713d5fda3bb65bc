"""A stream that methods played, as what a page needs to play it again: a film of pictures, verdicts and memories."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.evaluation.passport import MARKS
from ood_studio.evaluation.playing import Played
from ood_studio.evaluation.streams import Flow
from ood_studio.figures.colours import styles
from ood_studio.figures.feature_map import sprite

MOST_THUMBNAILS = 600
"""Pictures of a longer stream have thumbnails at even distances."""


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Pictures of a stream.

    Attributes:
        places: where they stand in it.
        images, captions: of each.
    """

    places: Sequence[int]
    images: Sequence[Image.Image]
    captions: Sequence[str]


def thumbnail_places(count: int) -> list[int]:
    """Which of so many pictures have thumbnails."""
    return [*dict.fromkeys(np.linspace(0, count - 1, min(count, MOST_THUMBNAILS)).round().astype(int).tolist())]


def film(
    flow: Flow, played: Sequence[Played], thumbnails: Thumbnails, promise: str, titles: Mapping[str, str]
) -> dict[str, Any]:
    """A film as plain values for JSON; ``titles`` are what methods are called, by `Played.method`.

    Its parts: ``sets`` names what images are of and ``of`` says which each is, by number, 0 for ID; ``sheet`` is a
    `sprite`, whose pictures stand at ``places`` and are called ``captions``; of every method ``flagged`` holds a 1 for
    each image that counted as OOD, ``wealth`` powers of 10 after each image, ``memory`` what `Played.learnt` says, its
    labels as words; ``summary`` tells the whole in sentences.
    """
    names = list(dict.fromkeys(each.method for each in played))
    looks = styles(names)
    return {
        "count": len(flow),
        "sets": ["ID", *flow.ood],
        "of": (flow.of + 1).tolist(),
        "sheet": sprite(thumbnails.images),
        "places": list(thumbnails.places),
        "captions": list(thumbnails.captions),
        "promise": promise,
        "line": round(played[0].line / math.log(10), 3) if played else 0,
        "methods": [_method(each, titles[each.method], looks[each.method].colour) for each in played],
        "summary": summary(flow, played, promise, titles),
    }


def _method(played: Played, title: str, colour: str) -> dict[str, Any]:
    figures = played.figures()
    return {
        "name": title + MARKS[played.passport.kind],
        "key": played.method,
        "protocol": figures["protocol"]["kind"],
        "seen": figures["protocol"]["seen"],
        "colour": colour,
        "flagged": "".join("1" if each else "0" for each in played.flagged),
        "running": figures["running"],
        "wealth": np.round(played.wealth / math.log(10), 2).tolist(),
        "alarm": played.alarm,
        "memory": [_event(each, played.words) for each in played.learnt] if figures["memory"] is not None else None,
    }


def _event(learnt: Any, words: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"at": learnt.at}
    for name, value in (
        ("id", [place for place, outside in learnt.kept if not outside]),
        ("ood", [place for place, outside in learnt.kept if outside]),
        ("gone", list(learnt.dropped)),
        ("labels", None if learnt.labels is None else [words[i] for i in learnt.labels]),
    ):
        if value:
            found[name] = value
    return found


def summary(flow: Flow, played: Sequence[Played], promise: str, titles: Mapping[str, str]) -> str:
    """What happened, in sentences, for those who do not see it; ``titles`` as in `film`."""
    said = [f"A stream of {len(flow):,} pictures: {flow.mix()}. Promised: {promise}."]
    for each in played:
        found: Mapping[str, Any] = each.figures()
        auroc, alarms, misses, alarm = (found[name] for name in ("auroc", "false_alarms", "misses", "alarm"))
        parts = [
            "no AUROC, as one kind is missing" if auroc is None else f"AUROC {100 * auroc:.1f}",
            *([] if alarms is None else [f"{100 * alarms:.1f} % false alarms"]),
            *([] if misses is None else [f"{100 * misses:.1f} % misses"]),
            "no drift alarm" if alarm is None else f"drift alarm at picture {alarm:,}",
        ]
        memory = found["memory"]
        if memory is not None:
            parts.append(f"at the end {memory['ood']:,} pictures held as OOD, {memory['id_among_ood']:,} of them ID")
        said.append(f"{titles[each.method]}, {found['protocol']['kind']}: {', '.join(parts)}.")
    return " ".join(said)
