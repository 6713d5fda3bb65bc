"""What becomes of detectors that learn from a stream when the stream changes, for docs/figures.md."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from ood_studio.backbones import DEFAULT
from ood_studio.core.progress import Bars
from ood_studio.detectors import Promise
from ood_studio.evaluation.passport import MARKS
from ood_studio.evaluation.playing import MOVING, Played
from ood_studio.evaluation.streams import Stream
from ood_studio.studio import LabelChoice, Studio
from ood_studio.studio.requests.stream import HONEST, PUBLISHED, Preset, StreamRequest
from ood_studio.studio.stream import StreamResult
from ood_studio.training.reports.document import README, Documents, table
from ood_studio.training.reports.report import FreshScenes, Report

_NEAR = ("near-ood",)
SETTINGS: tuple[tuple[str, Preset, tuple[str, ...], Stream], ...] = (
    ("as published: one OOD set, shuffled, batches of 256", "published", _NEAR, Stream()),
    ("the same, 1 OOD to 10 ID", "published", _NEAR, Stream(share=1 / 11)),
    ("the same, ID first", "published", _NEAR, Stream(shape="ordered")),
    ("the same, free of OOD", "published", _NEAR, Stream(share=0.0)),
    ("honest: all OOD sets mixed, 1 to 1, scored before learnt from", "honest", (), Stream(share=0.5)),
    ("honest, 1 OOD to 10 ID", "honest", (), Stream(share=1 / 11)),
    ("honest, ID first", "honest", (), Stream(share=0.5, shape="ordered")),
    ("honest, free of OOD", "honest", (), Stream(share=0.0)),
)


@dataclass(frozen=True, kw_only=True)
class StreamReport(Report):
    """Every method over every stream."""

    count: FreshScenes = 1000

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``streams`` of docs/figures.md, and its short form in README.md."""
        results = [*self.measure(DEFAULT)]
        documents.section("streams", stream_figures(results, self))
        documents.section("streams", stream_summary(results, self), README)

    def measure(self, backbone: str) -> Iterator[StreamResult]:
        """Every setting on one backbone.

        Raises:
            StudioError: if a stream cannot be played.
        """
        studio = Studio(self.device, workers=0)
        for _, preset, ood, stream in SETTINGS:
            request = StreamRequest(
                ood=ood,
                labels=LabelChoice(backbone=backbone),
                preset=preset,
                stream=Stream(stream.shape, stream.share, seed=self.seed),
                promise=Promise(min(0.5, max(0.05, round(math.ceil(500 / self.count) / 100 + 0.01, 2))), None),
                count=self.count,
            )
            with closing(Bars(quiet=False)) as bars:
                yield studio.stream(request, bars)


def stream_figures(results: list[StreamResult], report: StreamReport) -> str:
    """AUROC, false alarms and misses of every method in every setting."""
    first = results[0]
    lines = [
        f"AUROC, false alarms / misses in percent, of streams from {report.count:,} fresh scenes a set, seed "
        f"{report.seed}, backbone `{first.request.labels.backbone}`; the threshold is frozen and promises that "
        f"{first.request.promise}, from {first.calibration:,} ID scenes that do not come; from "
        "`python -m ood_studio.training.reports streams`. "
        f"{MARKS['online']} online, {MARKS['transductive']} transductive: such columns are not ranked with others.",
        "",
        f"As published: `{'`, `'.join(PUBLISHED)}`; honest: `{'`, `'.join(HONEST)}`.",
        "",
    ]
    rows = [[title, *map(_cell, result.played)] for (title, *_), result in zip(SETTINGS, results, strict=True)]
    return "\n".join([*lines, *table(["stream", "NegLabel", "NegLabel, moving threshold", "AdaNeg", "TANL"], rows)])


def stream_summary(results: list[StreamResult], report: StreamReport) -> str:
    """The same of the methods with a frozen threshold, in as few words."""
    rows = []
    for (title, *_), result in zip(SETTINGS, results, strict=True):
        rows.append([title, *(_cell(each) for each in result.played if not each.method.endswith(MOVING))])
    lines = [
        f"AUROC, false alarms / misses in percent, on `{results[0].request.labels.backbone}`, {report.count:,} fresh "
        f"scenes a set, seed {report.seed}; promised: {results[0].request.promise}; from "
        "`python -m ood_studio.training.reports streams`. "
        f"{MARKS['online']} online, {MARKS['transductive']} transductive.",
        "",
    ]
    return "\n".join([*lines, *table(["stream", "NegLabel", "AdaNeg", "TANL"], rows)])


def _cell(played: Played) -> str:
    figures = played.figures()
    auroc, alarms, misses = (_percent(figures[name]) for name in ("auroc", "false_alarms", "misses"))
    return f"{auroc}{MARKS[played.passport.kind]}, {alarms} / {misses}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
