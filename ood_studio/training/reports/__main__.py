"""``python -m ood_studio.training.reports WHAT``: measures, and writes the figures where people read them.

``world`` runs the Diorama suite for every bundled CLIP, ``streams`` plays streams to adaptive detectors, ``factors``
adds one visual factor to scenes for each of them, ``attacks`` attacks each of them, ``adapters`` adapts them,
``synthesis`` turns fresh scenes into near-boundary pictures, and ``zoo`` compares all models that come along: each
rewrites its own part of ``docs/figures.md``, which stands between two markers, ``zoo`` also the results that the Models
tab opens with. ``contexts`` asks the bundled model of contexts about fresh scenes. ``world``, ``synthesis`` and
``contexts`` rewrite the cards of their models.
"""

from __future__ import annotations

from collections.abc import Sequence

from ood_studio.training.command import errors_in_one_line, parse_one_of
from ood_studio.training.reports.adapters import AdapterReport
from ood_studio.training.reports.attacks import AttackReport
from ood_studio.training.reports.contexts import ContextReport
from ood_studio.training.reports.document import Documents
from ood_studio.training.reports.factors import FactorReport
from ood_studio.training.reports.report import Report
from ood_studio.training.reports.streams import StreamReport
from ood_studio.training.reports.synthesis import SynthesisReport
from ood_studio.training.reports.world import WorldReport
from ood_studio.training.reports.zoo import ZooReport

REPORTS: dict[str, type[Report]] = {
    "world": WorldReport,
    "streams": StreamReport,
    "factors": FactorReport,
    "attacks": AttackReport,
    "adapters": AdapterReport,
    "synthesis": SynthesisReport,
    "contexts": ContextReport,
    "zoo": ZooReport,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point.

    Raises:
        SystemExit: with 2, after one line on standard error, for what cannot be measured or written.
    """
    with errors_in_one_line():
        report = parse_one_of(REPORTS, "python -m ood_studio.training.reports", __doc__, arguments)
        report.write(Documents(report.out))


if __name__ == "__main__":
    main()
