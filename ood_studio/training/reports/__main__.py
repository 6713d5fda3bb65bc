"""``python -m ood_studio.training.reports WHAT``: measures, and writes the figures where people read them.

``world`` runs the Diorama suite for every bundled CLIP and rewrites its part of ``README.md`` and the model cards;
``attacks`` attacks every bundled CLIP, and ``synthesis`` turns fresh scenes into near-boundary pictures; each rewrites
its own part of it, which stands between two markers. ``synthesis`` and ``contexts``, which asks the bundled model of
contexts about fresh scenes, rewrite the cards of their models.
"""

from __future__ import annotations

import sys
from typing import Any

import tyro

from ood_studio.backbones import BUNDLED, DEFAULT, bundled_names
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS, ROOT
from ood_studio.hub.bundled import bundled
from ood_studio.studio import Studio
from ood_studio.training.reports.attacks import AttackReport, attack_figures, measure_attacks
from ood_studio.training.reports.cards import model_card
from ood_studio.training.reports.contexts import ContextReport, context_card, measure_bundled
from ood_studio.training.reports.synthesis import SynthesisReport, measure_synthesis, synthesis_figures
from ood_studio.training.reports.synthesis_cards import synthesis_cards
from ood_studio.training.reports.world import Report, figures, measure


def main() -> None:
    """Entry point."""
    report: Any = tyro.extras.subcommand_cli_from_dict(
        {"world": Report, "attacks": AttackReport, "synthesis": SynthesisReport, "contexts": ContextReport},
        prog="python -m ood_studio.training.reports",
        description=__doc__,
    )
    names = [name for name in BUNDLED if name in bundled_names()]
    try:
        if isinstance(report, ContextReport):
            card = context_card(measure_bundled(report), report)
            (bundled("contexts")["diorama"].folder / "README.md").write_text(card, encoding="utf-8")
            print(card)
            return
        if isinstance(report, SynthesisReport):
            found, sheet = measure_synthesis(Studio(report.device, workers=0), report)
            if report.sheet is not None:
                sheet.save(report.sheet)
            text = synthesis_figures(found, report)
            for folder, card in synthesis_cards(text).items():
                (ASSETS / folder / "README.md").write_text(card, encoding="utf-8")
            _write("synthesis", text)
            return
        if not names:
            raise StudioError("no bundled model is there to measure; train one first")
        if isinstance(report, AttackReport):
            _write("attacks", attack_figures(measure_attacks(report, names), report))
            return
        studio = Studio(report.device, workers=0)
        results = {name: measure(studio, name, report) for name in names}
        for name, result in results.items():
            (ASSETS / name / "README.md").write_text(model_card(name, result, report), encoding="utf-8")
        _write("figures", figures(results, report, DEFAULT))
    except StudioError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _write(part: str, text: str) -> None:
    """Prints a text and puts it between its markers in the README."""
    start, end = f"<!-- {part}:start -->", f"<!-- {part}:end -->"
    readme = ROOT / "README.md"
    head, _, rest = readme.read_text(encoding="utf-8").partition(start)
    _, found, tail = rest.partition(end)
    if not found:
        raise StudioError(f"{readme} has no place for these figures: {start} and {end} are missing")
    readme.write_text(f"{head}{start}\n{text}\n{end}{tail}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
