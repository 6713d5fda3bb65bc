"""What the models of synthesis and the near-boundary loop come to, for docs/figures.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from PIL import Image
from torch import Tensor

from ood_studio.core.parameters import Help
from ood_studio.data.pixels import to_images
from ood_studio.hub.bundled import bundled
from ood_studio.studio.workbench import Workbench
from ood_studio.training.reports.document import Documents, table
from ood_studio.training.reports.report import Count, Report
from ood_studio.training.reports.synthesis_cards import classifier_card, inpainting_card
from ood_studio.training.reports.synthesis_measures import SynthesisFigures, measure_synthesis

_SHOWN = 24  # scenes on the contact sheet


@dataclass(frozen=True, kw_only=True)
class SynthesisReport(Report):
    """Near-boundary images of fresh ID scenes; no bundled model was trained on any scene of the split ``id-test``."""

    count: Annotated[Count, Help("Fresh ID scenes")] = 200
    sheet: Annotated[Path | None, Help("File of a contact sheet of originals and results to write")] = None

    def write(self, documents: Documents) -> None:
        """Rewrites the part ``synthesis`` of docs/figures.md and the cards of two models."""
        found, images = measure_synthesis(Workbench(self.device, workers=0), self.seed, self.count)
        text = synthesis_figures(found, self)
        documents.card(bundled("inpainting")["diorama"], inpainting_card(text))
        documents.card(bundled("classifier")["diorama-classifier"], classifier_card(text))
        documents.section("synthesis", text)
        if self.sheet is not None:  # last: what was measured is not lost where it cannot be written
            contact_sheet([each[:_SHOWN] for each in images]).save(self.sheet)


def synthesis_figures(found: SynthesisFigures, report: SynthesisReport) -> str:
    """The figures as Markdown."""
    rows: Mapping[str, tuple[str, str]] = {
        "autoencoder, PSNR over whole pictures": ("≥ 30 dB", f"{found.psnr:.1f} dB"),
        "autoencoder, PSNR inside the object's box": ("≥ 26 dB", f"{found.psnr_box:.1f} dB"),
        "inpainting from contexts, object no longer found": (
            "≥ 90 %",
            f"{found.removed:.1%} (drawn without it {found.removed_when_absent:.1%})",
        ),
        "inpainting from contexts, place kept": (
            "≥ 90 %",
            f"{found.place:.1%} (of the scenes {found.place_before:.1%})",
        ),
        "object prompt at strength 1, object found": ("≥ 60 %", f"{found.asked:.1%}"),
        "classifier on pictures": ("≥ 95 %", f"{found.real:.1%}"),
        "classifier on autoencoded pictures": ("≥ 88 %", f"{found.coded:.1%}"),
        "energy higher in the last iteration than unguided": ("≥ 90 %", f"{found.risen:.1%}"),
        "the same along random directions of the same size": ("", f"{found.risen_random:.1%}"),
        "mean energy by iteration, unguided first": ("rising", _numbers(found.energies)),
        "the same along random directions": ("", _numbers(found.random)),
        "mean NegLabel score by iteration": (
            f"{found.neglabel_far:.3f} (far OOD) to {found.neglabel_id:.3f} (ID)",
            _numbers(found.neglabel, 3),
        ),
        "one picture, all iterations": ("≤ 20 s", f"{found.seconds:.1f} s"),
    }
    lines = [
        f"{report.count:,} fresh ID scenes, seed {report.seed}, classes named by `diorama-classifier`; "
        "from `python -m ood_studio.training.reports synthesis`.",
        "",
        *table(["measure", "wanted", "found"], [[name, *cells] for name, cells in rows.items()]),
    ]
    return "\n".join(lines)


def contact_sheet(images: Sequence[Tensor], columns: int = 12, zoom: int = 2) -> Image.Image:
    """Originals, and under each its unguided image and all iterations: (n, 3, size, size) in [0, 1] each."""
    rows = [to_images(each) for each in images]
    size = images[0].shape[-1] * zoom
    bands = -(-len(images[0]) // columns)
    gap = 8
    sheet = Image.new("RGB", (columns * size, bands * (len(rows) * size + gap)), "white")
    for i in range(len(images[0])):
        for j, row in enumerate(rows):
            at = (i % columns * size, i // columns * (len(rows) * size + gap) + j * size)
            sheet.paste(row[i].resize((size, size), Image.Resampling.BICUBIC), at)
    return sheet


def _numbers(values: Sequence[float], digits: int = 2) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)
