"""What adapters do to detectors, for docs/figures.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from ood_studio.adapters import KRNFT
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help
from ood_studio.evaluation.significance import OUTCOMES
from ood_studio.studio import AdaptRequest
from ood_studio.training.reports.adapter_bench import ANY, BASE, NEW, ROOM, STYLES, Bench, Detector, Ground
from ood_studio.training.reports.adapter_plans import (
    BARE,
    CONDITIONAL_PROMPT,
    HEAD_CLAIMS,
    HEADS,
    PLAIN,
    PROMPT,
    Claim,
    Search,
    ablation,
    feature_claims,
    regularised,
    searches,
    synthetic,
    synthetic_claims,
    synthetic_rows,
)
from ood_studio.training.reports.adapter_text import Found, claim, cost_table, ground_table, search_note, set_table
from ood_studio.training.reports.document import Documents
from ood_studio.training.reports.loop import ATTACK, Loop
from ood_studio.training.reports.report import Count, FreshScenes, Report, bundled_backbones

_VALIDATION = 1000  # added to the seed of a search
_PARTS = ("heads", "features", "synthetic", "loop")


@dataclass(frozen=True, kw_only=True)
class AdapterReport(Report):
    """Adapters fitted with several seeds, of the fit and of all images, and judged on fresh near and far OOD sets.

    What was measured is kept in the cache: a run that was interrupted goes on, and one with more parts measures those
    alone.
    """

    count: FreshScenes = 1000
    seeds: Annotated[int, Bounds(1, 20, step=1, help="Seeds, from the first one on")] = 3
    parts: Annotated[tuple[str, ...], Help("Parts to write: heads, features, synthetic, loop")] = _PARTS
    backbones: Annotated[tuple[str, ...], Help("Bundled models that are measured; all of them where empty")] = ()
    pictures: Annotated[int, Bounds(20, 100_000, log=True, step=20, help="Synthetic pictures of each kind")] = 100
    attacked: Annotated[Count, Help("Attacked pictures learnt from, and fresh ones of the same kind")] = 60
    again: Annotated[bool, Help("Attack the adapted model again too, which takes as long as the first attack")] = True
    searched: Annotated[Count, Help("Fresh scenes in every set that parameters are chosen on")] = 400

    def write(self, documents: Documents) -> None:
        """Rewrites the parts ``adapters`` (of heads) and ``adapters-PART`` of the figures.

        Raises:
            StudioError: for a part or a model that there is not.
        """
        measures: Mapping[str, Callable[[str], Iterator[str]]] = {
            "heads": self.heads,
            "features": self.features,
            "synthetic": self.synthetic,
            "loop": self.loop,
        }
        there = bundled_backbones()
        for what, asked, known in (("part", self.parts, [*measures]), ("model", self.backbones, there)):
            if unknown := [each for each in asked if each not in known]:
                raise StudioError(f"there is no {what} {unknown[0]} to measure; there are {', '.join(known)}")
        for part in self.parts:
            lines = [self.loop_opening() if part == "loop" else self.opening(part)]
            for backbone in self.backbones or there:
                lines += measures[part](backbone)
            documents.section("adapters" if part == "heads" else f"adapters-{part}", "\n".join(lines))

    def opening(self, part: str) -> str:
        """What all tables of a part have in common."""
        return (
            f"AUROC / FPR95 in percent, means over {self.seeds} seeds of the fit and of all scenes, first seed "
            f"{self.seed}. {AdaptRequest().train_count:,} ID scenes are learnt from and {self.count:,} fresh scenes of "
            f"each set judged; from {self._command(part)}. A claim is tested by DeLong's test on the same images, on "
            f"every set and with every seed: {OUTCOMES}. "
            f"The parameters tried stand below each table; they are chosen on other scenes, {self.searched:,} a set."
        )

    def _command(self, part: str) -> str:
        """What measures a part."""
        models = f" --backbones {' '.join(self.backbones)}" if self.backbones else ""
        size = f" --seeds {self.seeds} --count {self.count}" if part == "loop" else ""
        again = " --no-again" if part == "loop" and not self.again else ""
        return f"`python -m ood_studio.training.reports adapters --parts {part}{models}{size}{again}`"

    def loop_opening(self) -> str:
        """What the tables of the loop have in common."""
        again = "Attacked again: the same originals, by an attack that raises the score of the adapted model. "
        again = again if self.again else ""
        return (
            f"AUROC of NegLabel in percent without → with the adapter, seed {', '.join(map(str, self._seeds))}. "
            f"{self.attacked:,} near-OOD pictures are attacked ({ATTACK.steps} steps of {ATTACK.learning_rate:g}) and "
            f"learnt from with {AdaptRequest().train_count:,} ID scenes; {self.count:,} ID and OOD scenes a set are "
            f"held out, and {self.attacked:,} fresh pictures attacked alike. {again}From {self._command('loop')}. "
            f"Below, DeLong's test on the same pictures, once a seed: {OUTCOMES}."
        )

    def loop(self, backbone: str) -> Iterator[str]:
        """Break, train on these, judge again."""
        yield from Loop(backbone, self._seeds, self.attacked, self.count, self.device, self.again).figures()

    def heads(self, backbone: str) -> Iterator[str]:
        """Heads on visual features, and residuals on text."""
        bench, found = self._bench(backbone), Found(self._seeds)
        found.add(ANY, HEADS, bench.measure)
        yield from ("", f"### Linear heads and residuals, `{backbone}`", "")
        yield from set_table(found, ANY, {each.title: each for each in HEADS})
        yield from self._claims(found, HEAD_CLAIMS, (ANY,))
        chosen = [self._search(backbone, each, ANY) for each in ("plp", "probe", "taskres")]
        found.add(ANY, [each.best for each in chosen], bench.measure)
        for each, against in zip(chosen, ("energy", "energy", "neglabel"), strict=True):
            yield search_note(each.search.of.title, each.tried)
            if each.best != each.search.of:
                yield claim(found, Claim(each.best, BARE[against], "with the best of these"), (ANY,))
                yield claim(found, Claim(each.best, BARE["pseudo-msp"], "with the best of these"), (ANY,))

    def features(self, backbone: str) -> Iterator[str]:
        """KR-NFT and prompt tuning."""
        bench, found = self._bench(backbone), Found(self._seeds)
        search = self._search(backbone, "krnft", BASE)
        rate = next(
            (each[5:] for each in search.best.methods[0].split(":") if each.startswith("rate=")), f"{KRNFT.rate:g}"
        )
        rows = {"NegLabel": PLAIN} | ablation(rate)
        if search.best != search.search.of and search.best not in rows.values():
            rows["the best that was tried"] = search.best
        rows["FT, CoFT, KR, NFT at the paper's rate"] = search.search.of
        rows["prompt tuning"] = PROMPT
        grounds = (BASE, NEW, STYLES)
        for ground in grounds:
            found.add(ground, rows.values(), bench.measure)
        yield from ("", f"### KR-NFT and prompt tuning, `{backbone}`", "")
        yield f"Learnt on {AdaptRequest().train_count:,} flat scenes, 4 of each class; 32 crops each, 8 of them chosen."
        yield from ("", *ground_table(found, grounds, rows))
        names = {each: name for name, each in rows.items()}
        yield from self._claims(found, feature_claims(rate, *grounds), grounds, names)
        weights = regularised(rate)
        for ground in (BASE, NEW):
            found.add(ground, weights.values(), bench.measure)
        yield from ("", "λ₂ (Fig. 4b):", "", *ground_table(found, (BASE, NEW), weights))
        whole = ablation(rate)["FT, CoFT, KR, NFT"]
        costs = {
            "KR-NFT": found[whole, BASE, self.seed],
            "prompt tuning": found[PROMPT, BASE, self.seed],
            "prompt tuning that depends on the image": bench.cost(CONDITIONAL_PROMPT, self.seed),
        }
        yield from ("", "CPU time on one thread (Table 7), crops and features not in it:", "", *cost_table(costs))
        yield (
            "- The last one learns from one crop of each kind of an image, with 50 negative labels, for one epoch: "
            "it is timed, and not judged."
        )
        for name, each in {"KR-NFT": search, "prompt tuning": self._search(backbone, "prompt", BASE)}.items():
            yield search_note(name, each.tried)

    def synthetic(self, backbone: str) -> Iterator[str]:
        """SynOOD's two stages."""
        bench, found = self._bench(backbone), Found(self._seeds)
        search = self._search(backbone, "synood", ROOM)
        rows = synthetic_rows(self.pictures, "synood-projection", "synood-labels")
        found.add(ROOM, rows.values(), bench.measure)
        yield from ("", f"### SynOOD, `{backbone}`", "")
        yield (
            f"{self.pictures:,} synthetic pictures of each kind, made once of ID training scenes of seed {self.seed} "
            "(the paper: 50,000); FT Label at the paper's rate, the projection at its own defaults. "
            "Judged on sets that NegLabel makes mistakes on: textures it tells apart to 99.9 % and more by itself."
        )
        yield from ("", *set_table(found, ROOM, rows))
        names = {each: name for name, each in rows.items()}
        yield from self._claims(found, synthetic_claims(rows), (ROOM,), names)
        if search.best != search.search.of:
            found.add(ROOM, [search.best], bench.measure)
            yield claim(found, Claim(search.best, BARE["neglabel"], "with the best that was tried"), (ROOM,))
        yield search_note("projection+FT Label", search.tried, "the defaults'")
        counts = sorted({max(20, self.pictures // 5), max(20, self.pictures // 2), self.pictures})
        best = search.best.methods
        by_count = {f"{count:,}": synthetic(count, *best) for count in counts}
        found.add(ROOM, by_count.values(), bench.measure)
        yield from ("", f"Number of pictures (Fig. 3), {'+'.join(best)}:", "", *set_table(found, ROOM, by_count))

    # ------------------------------------------------------------------------------------------------------------

    @property
    def _seeds(self) -> range:
        return range(self.seed, self.seed + self.seeds)

    def _bench(self, backbone: str, count: int | None = None) -> Bench:
        return Bench(backbone, count or self.count, AdaptRequest().train_count, self.pictures, self.seed, self.device)

    def _claims(
        self,
        found: Found,
        claims: Sequence[Claim],
        grounds: tuple[Ground, ...],
        names: Mapping[Detector, str] | None = None,
    ) -> list[str]:
        return ["", *(claim(found, each, each.grounds or grounds, names) for each in claims)]

    def _search(self, backbone: str, name: str, ground: Ground) -> Searched:
        """Tries a method's candidates on scenes that no table has."""
        search = searches(self.pictures)[name]
        bench, tried = self._bench(backbone, self.searched), {}
        for each in search.candidates():
            measured = bench.measure(each, ground, self.seed + _VALIDATION)
            tried[each] = sum(measured.auroc(one) for one in measured.sets) / len(measured.sets)
        return Searched(search, tried)


@dataclass(frozen=True)
class Searched:
    """What a search came to: mean AUROC over the OOD sets, in percent, by candidate."""

    search: Search
    tried: Mapping[Detector, float]

    @property
    def best(self) -> Detector:
        """The best candidate; of equally good ones the first."""
        return max(self.tried, key=self.tried.__getitem__)
