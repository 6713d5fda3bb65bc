"""What changed: the strongest labels before and after, side by side."""

from __future__ import annotations

from ood_studio.studio import ExploreRequest, ExploreResult, Studio
from ood_studio.ui import cards
from ood_studio.ui.attack.trace import AttackTrace


def explored(studio: Studio, trace: AttackTrace) -> ExploreResult:
    """The picture before and after, as the Explore tab sees them."""
    assert trace.last is not None
    request = ExploreRequest(trace.request.labels, trace.request.score, trace.request.reference, top=8)
    return studio.explore(request, [("before", trace.last.original), ("after", trace.last.image)])


def side_by_side(result: ExploreResult) -> str:
    """Bars of the strongest affinities of both."""
    halves = ""
    for title, report in zip(("Before", "After"), result.reports, strict=True):
        said = f'<p class="studio-about">{cards.classed(report, result)}</p>' if report.classes else ""
        halves += f"<div><h3>{title}</h3>{said}{cards.affinity_bars(report, result)}</div>"
    return f'<div class="studio-halves">{halves}</div>'
