"""Tables and sentences of the report on adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ood_studio.evaluation.significance import delong, outcome_of
from ood_studio.training.reports.adapter_bench import Detector, Ground, Measured
from ood_studio.training.reports.adapter_plans import Claim
from ood_studio.training.reports.document import table


class Found:
    """What was measured, by detector, ground and seed.

    Args:
        seeds: all of them.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self.seeds = seeds
        self._held: dict[tuple[Detector, str, int], Measured] = {}

    def add(
        self, ground: Ground, detectors: Iterable[Detector], measure: Callable[[Detector, Ground, int], Measured]
    ) -> None:
        """Measures detectors with every seed, seed by seed."""
        chosen = list(detectors)
        for seed in self.seeds:
            for each in chosen:
                if (each, ground.name, seed) not in self._held:
                    self._held[each, ground.name, seed] = measure(each, ground, seed)

    def __getitem__(self, key: tuple[Detector, Ground, int]) -> Measured:
        detector, ground, seed = key
        return self._held[detector, ground.name, seed]

    def of(self, detector: Detector, ground: Ground) -> list[Measured]:
        """With every seed."""
        return [self[detector, ground, seed] for seed in self.seeds]


def set_table(found: Found, ground: Ground, rows: Mapping[str, Detector]) -> list[str]:
    """AUROC / FPR95 on every OOD set."""
    cells = [
        [
            name,
            *(
                f"{_mean(found.of(each, ground), one, 'auroc')} / {_mean(found.of(each, ground), one, 'fpr95')}"
                for one in ground.ood
            ),
        ]
        for name, each in rows.items()
    ]
    return table(["detector", *ground.ood], cells)


def ground_table(found: Found, grounds: Sequence[Ground], rows: Mapping[str, Detector]) -> list[str]:
    """AUROC / FPR95 on every ground, means over its OOD sets, and the harmonic mean of FPR95 on the first two."""
    cells = []
    for name, each in rows.items():
        means = [
            [
                sum(getattr(one, what)(other) for one in found.of(each, ground) for other in ground.ood)
                / (len(found.seeds) * len(ground.ood))
                for what in ("auroc", "fpr95")
            ]
            for ground in grounds
        ]
        base, new = means[0][1], means[1][1]
        harmonic = 2 * base * new / (base + new) if base + new else 0.0
        cells.append([name, *(f"{auroc:.1f} / {fpr:.1f}" for auroc, fpr in means), f"{harmonic:.1f}"])
    return table(["learnt", *(ground.name for ground in grounds), "H-mean of FPR95"], cells)


def cost_table(rows: Mapping[str, Measured]) -> list[str]:
    """What fits and scores cost."""
    cells = [
        [name, f"{each.costs['fit']:.1f} s", f"{each.costs['image']:.2f} ms", f"{each.costs['numbers']:,.0f}"]
        for name, each in rows.items()
    ]
    return table(["method", "training", "an image", "numbers learnt"], cells)


def claim(found: Found, said: Claim, grounds: Sequence[Ground], names: Mapping[Detector, str] | None = None) -> str:
    """Whether one detector is above another on every set and with every seed, see `outcome_of`.

    Args:
        found: what was measured.
        said: the claim.
        grounds: where it is tested.
        names: what detectors are called, where it is not their title.
    """
    tests = []
    for ground in grounds:
        for seed in found.seeds:
            a, b = found[said.better, ground, seed].scores, found[said.worse, ground, seed].scores
            tests += [delong(a[""], a[name], b[""], b[name]) for name in ground.ood]
    better, worse = ((names or {}).get(each, each.title) for each in (said.better, said.worse))
    return f"- {better} above {worse} ({said.source}): {outcome_of(tests)}."


def search_note(name: str, tried: Mapping[Detector, float], whose: str = "the paper's") -> str:
    """What was tried of a method, and how it came out on validation scenes.

    Args:
        name: of the method, for people.
        tried: mean AUROC by candidate.
        whose: parameters the first one has.
    """
    (paper, first), *others = tried.items()
    said = [f"{whose} {first:.1f}"]
    for each, auroc in others:
        own = ["+".join(_beyond(method, base) for method, base in zip(each.methods, paper.methods, strict=True))]
        own += [] if each.negatives is None else [f"{each.negatives:,} negative labels"]
        said.append(f"{', '.join(part for part in own if part.strip('+'))} {auroc:.1f}")
    return f"- {name}, mean AUROC on validation scenes: {'; '.join(said)}."


def _beyond(method: str, base: str) -> str:
    return method.removeprefix(base).removeprefix(":")


def _mean(found: Sequence[Measured], name: str, what: str) -> str:
    return f"{sum(getattr(each, what)(name) for each in found) / len(found):.1f}"
