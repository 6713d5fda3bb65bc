"""``python -m ood_studio stream``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ood_studio.cli.command import Common
from ood_studio.cli.output import to_json
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.evaluation.export import text_table
from ood_studio.studio.requests.stream import StreamRequest


@dataclass(frozen=True)
class PlayStream(Common):
    """Plays a stream of ID and OOD pictures to detectors that learn from it and to some that do not, side by side."""

    request: StreamRequest = field(default_factory=StreamRequest)

    def run(self) -> None:
        """Prints what each method did.

        Raises:
            StudioError: if the stream cannot be had.
        """
        with closing(Bars(self.quiet)) as bars:
            result = self.studio().stream(self.request, bars)
        for note in result.notes:
            print(one_line(note), file=sys.stderr)
        plain = result.to_dict()
        if self.json:
            print(to_json(plain))
            return
        print(f"{plain['images']:,} pictures, {self.request.stream.shape}: {plain['mix']}.")
        print(f"Promised, from {plain['calibration']:,} ID pictures that do not come: {plain['promise']}.")
        print(
            f"Prompts {one_line(plain['prompts'])}; FPR95 {plain['fpr_definition']}; seed {self.request.stream.seed}."
        )
        lines = [["method", "protocol", "AUROC", "FPR95", "false alarms", "misses", "drift alarm at"]]
        for each in plain["methods"]:
            shares = [_percent(each[name]) for name in ("auroc", "fpr95", "false_alarms", "misses")]
            lines.append([each["method"], each["protocol"]["kind"], *shares, str(each["alarm"] or "–")])
        print(text_table(lines))
        for each in plain["methods"]:
            if (memory := each["memory"]) is not None:
                print(one_line(f"{each['method']} {memory_words(memory)}"))


def memory_words(memory: Mapping[str, Any]) -> str:
    """What a method believes at the end of a stream, see `Played.memory`."""
    labels = f"; takes OOD pictures to be {', '.join(map(str, memory['labels']))}" if memory["labels"] else ""
    return (
        f"holds {memory['id']:,} pictures as ID, {memory['ood_among_id']:,} of them OOD, and {memory['ood']:,} as OOD, "
        f"{memory['id_among_ood']:,} of them ID{labels}."
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
