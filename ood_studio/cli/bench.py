"""``python -m ood_studio bench``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass

from ood_studio.cli.output import one_line, to_json
from ood_studio.cli.sweep import Measured, sweep
from ood_studio.core.progress import Bars
from ood_studio.evaluation.report import left_out, result_dict, result_text
from ood_studio.studio import Studio


@dataclass(frozen=True)
class Bench(Measured):
    """Compares scorers on a suite of ID and OOD pictures: AUROC and FPR95 on each OOD set."""

    def run(self) -> None:
        """Prints the figures of `Studio.bench`, or of `Studio.sweep`.

        Raises:
            StudioError: if the request cannot be met.
        """
        studio = Studio(self.device, workers=0)
        if self.sweep:
            sweep(self, studio)
            return
        with closing(Bars(self.quiet)) as bars:
            result = studio.bench(self.request, bars)
        print(to_json(result_dict(result)) if self.json else result_text(result, self.format, intervals=self.intervals))
        if self.json or self.format in ("csv", "latex"):  # which hold it for machines, or not at all
            for sentence in left_out(result):
                print(one_line(sentence), file=sys.stderr)
