"""``python -m ood_studio adapt-fit``, ``adapt-list``, ``adapt-show`` and ``adapt-remove``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, cast

import tyro

from ood_studio.adapters import SavedAdapter, find_adapter, remove, save, saved_adapters
from ood_studio.adapters.validation import Validation
from ood_studio.cli.command import Command, Common, Json
from ood_studio.cli.output import to_json
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Bars
from ood_studio.core.unicode import one_line
from ood_studio.studio import AdaptRequest
from ood_studio.studio.commands import command_line
from ood_studio.studio.earlier_fit import asked_of
from ood_studio.studio.fit import Fit

_Name = Annotated[str, Help("Of the adapter"), tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]


@dataclass(frozen=True)
class AdaptFit(Common):
    """Learns something small on a frozen model, and saves it.

    Held-out pictures judge it meanwhile: where they fall, the best epoch is kept. What was interrupted goes on when the
    same is asked for again; a keyboard interrupt keeps what is learnt by then.
    """

    name: Annotated[str, Help("What to save it as; the method and a number where empty")] = ""
    request: AdaptRequest = field(default_factory=AdaptRequest)

    def run(self) -> None:
        """Fits the adapter, saves it, and prints what became of it.

        Raises:
            StudioError: if the request cannot be met.
        """
        last: Fit | None = None
        with closing(Bars(self.quiet)) as bars:
            try:
                for fit in self.studio().fit(self.request, bars):
                    last = fit
            except KeyboardInterrupt:
                if last is None or not last.epochs[-1]:
                    raise
                print(f"stopped after epoch {last.epochs[-1]} of {last.total}; what is learnt is kept", file=sys.stderr)
        assert last is not None and last.adapted is not None
        record = last.adapted.record
        kept = save(last.adapted, self.name or f"{record.adapter}-{record.key[:8]}")
        for note in record.notes:
            print(note, file=sys.stderr)
        effect = last.effect()
        shown = _shown(kept) + ("" if effect else "\n  judged      not: there are no held-out pictures")
        print(to_json({**_as_dict(kept), "held_out": effect}) if self.json else shown)


@dataclass(frozen=True)
class AdaptList(Command):
    """Lists the saved adapters."""

    json: Json = False

    def run(self) -> None:
        """Prints a line each, or what `adapt-show` says as JSON."""
        found = saved_adapters()
        print(to_json({"results": [_as_dict(each) for each in found]}) if self.json else _listed(found))


@dataclass(frozen=True)
class AdaptShow(Command):
    """Tells what a saved adapter is and what it learnt from."""

    adapter: _Name = ""
    json: Json = False

    def run(self) -> None:
        """Prints it.

        Raises:
            StudioError: if there is no such adapter.
        """
        shown = find_adapter(_given(self.adapter))
        print(to_json(_as_dict(shown)) if self.json else _shown(shown))


@dataclass(frozen=True)
class AdaptRemove(Command):
    """Removes a saved adapter."""

    adapter: _Name = ""

    def run(self) -> None:
        """Removes it.

        Raises:
            StudioError: if there is no such adapter.
        """
        remove(_given(self.adapter))
        print(f"the adapter {self.adapter} is removed", file=sys.stderr)


def _given(name: str) -> str:
    if not name:
        raise StudioError("say which adapter: its name, as adapt-list tells it")
    return name


def _as_dict(saved: SavedAdapter) -> dict[str, Any]:
    header, told = asdict(cast(Any, saved.record)), saved.record.validation
    header["validation"] = None if told is None else told.told
    return {"name": saved.name, "file": str(saved.path), "finished": saved.record.finished, **header}


def _judged(told: Validation) -> list[str]:
    """What it does to held-out pictures, a line a set."""
    was, now = told.before, told.after
    lines = [f"  judged by   {told.score}, on held-out pictures"]
    for name in now.auroc:
        areas, misses = (
            " -> ".join(f"{value:.1%}" for value in pair)
            for pair in ((was.auroc[name], now.auroc[name]), (was.fpr95[name], now.fpr95[name]))
        )
        lines.append(f"  {one_line(name):<17} AUROC {areas}, FPR95 {misses}")
    if was.accuracy is not None and now.accuracy is not None:
        lines.append(f"  {'ID accuracy':<17} {was.accuracy:.1%} -> {now.accuracy:.1%}")
    return lines


def _listed(found: list[SavedAdapter]) -> str:
    if not found:
        return "no adapter is saved yet; python -m ood_studio adapt trains one"
    width = max(len(each.name) for each in found)
    return "\n".join(
        f"{each.name:{width}}  {each.record.adapter} on {one_line(each.record.backbone)}, "
        f"{len(each.record.labels)} labels, {one_line(each.record.about)}"
        for each in found
    )


def _shown(saved: SavedAdapter) -> str:
    record = saved.record
    lines = [f"{saved.name}: {record.adapter} on {one_line(record.backbone)}, in {saved.path}"]
    lines.append("  parameters  " + ", ".join(f"{name} {value}" for name, value in record.parameters.items()))
    lines.append(f"  material    {one_line(record.about)}, seed {record.seed}")
    lines.append(f"  labels      {len(record.labels)}, and {len(record.negative_labels):,} negative ones")
    lines.append(f"  epochs      {record.epochs} of {record.planned}")
    for name in record.history[0] if record.history else ():
        first, last = record.history[0][name], record.history[-1][name]
        lines.append(f"  {name:<11} {first:.4g} -> {last:.4g}")
    lines += [f"  {one_line(note)}" for note in record.notes]
    if record.validation is not None:
        lines += _judged(record.validation)
    if (request := asked_of(saved)) is not None:
        lines.append(f"  fitted by   {command_line('adapt-fit', request)}")
    return "\n".join(lines)
