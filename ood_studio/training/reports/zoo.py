"""What the zoo of bundled models shows, for docs/figures.md and for the Models tab."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.files import write_text
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.evaluation.significance import OUTCOMES
from ood_studio.evaluation.zoo import RULES, ZooRun
from ood_studio.evaluation.zoo.axes import figures_of, said
from ood_studio.evaluation.zoo.bundled import RESULTS
from ood_studio.studio import Studio, ZooRequest
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import Count, FreshScenes, Report
from ood_studio.training.reports.zoo_claims import Zoo, claims

_DIGITS = 6  # of figures in the package
_COLUMNS = {
    "accuracy": "accuracy",
    "accuracy 20-nn": "20-NN",
    "mean auroc": "AUROC, own score",
    "mean auroc 1-nn": "AUROC, 1-NN",
    "mean factor": "factors",
    "mean shift": "styles",
    "ece id-test": "ECE",
    "ece scaled id-test": "scaled",
    "recall@5 image-to-text": "recall@5",
    "parameters": "parameters",
}
_WITH_INTERVALS = ("mean auroc", "mean auroc 1-nn")  # over resampled images


@dataclass(frozen=True, kw_only=True)
class ZooReport(Report):
    """Every model that comes along, measured on fresh scenes.

    What was measured of a model is kept in the cache: a run that was interrupted goes on.
    """

    count: FreshScenes = 1000
    models: Annotated[tuple[str, ...], Help("Models that are measured; all that come along where empty")] = ()
    shift_count: Annotated[Count, Help("Fresh scenes of each factor and style")] = 500

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``zoo`` of the figures, and the results that the Models tab opens with.

        Raises:
            StudioError: if no model can be measured.
        """
        request = ZooRequest(models=self.models, seed=self.seed, count=self.count, shift_count=self.shift_count)
        with closing(Bars(quiet=False)) as bars:
            *_, run = Studio(self.device, workers=0).zoo_runs(request, bars)
        if not run.measured:
            raise StudioError("no model of the zoo could be measured")
        path = documents.root / RESULTS
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, run.to_json(_DIGITS))
        documents.section("zoo", zoo_figures(run))


def zoo_figures(run: ZooRun) -> str:
    """The claims, and the models' figures below them."""
    known, sets = worlds.zoo(), run.passport["sets"]
    rules = "; ".join(f"`{rule.name}`, {rule.about}" for rule in RULES)
    lines = [
        f"{len(run.measured)} models on {len(sets)} sets of {min(sets.values()):,} to {max(sets.values()):,} fresh "
        f"scenes, seed {run.passport['seed']}; from `python -m ood_studio.training.reports zoo`. In percent; "
        "AUROC is the mean over the OOD sets: by the score that stands for a model, the first that it can run "
        f"({rules}), and by 1-NN for all. Lines are robust (Huber), with 95 % intervals over resampled models; of "
        "several sources each has its line and all one slope, and p is of permutations within sources. Each claim is "
        f"one test or several: {OUTCOMES}.",
        "",
        *table(
            ("claim", "", "what says so"),
            [(each.text, f"*{each.verdict}*", each.evidence) for each in claims(Zoo(run.measured, known))],
        ),
        "",
    ]
    rows = []
    for model in sorted(run.measured, key=lambda each: known[each.backbone].group if each.backbone in known else ""):
        figures, about = figures_of(model), known.get(model.backbone)
        group = "" if about is None else about.group
        cells = [said(name, figures.get(name), interval=name in _WITH_INTERVALS) for name in _COLUMNS]
        rows.append([f"`{model.backbone}`", group, *cells])
    lines += table(("model", "group", *_COLUMNS.values()), rows)
    if run.problems:
        lines += ["", *(f"- `{name}` was left out: {why}" for name, why in run.problems.items())]
    return "\n".join(lines)
