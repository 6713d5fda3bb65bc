"""What deciding costs beside the bare work, within one run, in CPU time on one thread.

`detect run` beside decoding and encoding the same pictures; TANL beside NegLabel, both an image at a time. In
batches NegLabel is one product, and cheaper by far: printed beside it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from ood_studio.backbones import load_backbone
from ood_studio.cli.detect import DetectRun
from ood_studio.data.images import decode_image
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.scorers import TANL, NegLabel, Reference
from ood_studio.studio import DecideRequest, DetectorRequest, Studio
from tests.benchmarks.timing import best_of

PICTURES, SIDE, BATCH, ALLOWED_RUN = 192, 256, 64, 1.15
IMAGES, CLASSES, NEGATIVES, DIM, ALLOWED_TANL = 400, 1_000, 10_000, 512, 2.0


@pytest.mark.usefixtures("one_thread")
def test_deciding_files_costs_little_more_than_decoding_and_encoding_them(tmp_path: Path) -> None:
    Studio("cpu").detector(DetectorRequest()).detector.save(file := tmp_path / "d.ood.safetensors")
    (folder := tmp_path / "pictures").mkdir()
    for i, scene in enumerate(scenes("id-test", 3, PICTURES)):
        render(scene, SIDE).save(folder / f"{i:03d}.png")
    model = load_backbone("diorama", "cpu")
    paths = sorted(folder.iterdir())
    rounds = iter(range(99))

    def bare() -> None:
        with torch.inference_mode():
            for start in range(0, len(paths), BATCH):
                model.encode_image(model.preprocess([decode_image(path) for path in paths[start : start + BATCH]]))

    def run() -> None:
        out = tmp_path / f"{next(rounds)}.csv"
        DetectRun(pictures=(str(folder),), out=str(out), quiet=True, request=DecideRequest(str(file))).run()
        assert len(out.read_text().splitlines()) == PICTURES + 1

    run()
    alone, whole = best_of([bare, run], 3)
    print(f"\ndetect run: {whole:.2f} s, decoding and encoding alone {alone:.2f} s: ratio {whole / alone:.3f}")
    assert whole / alone <= ALLOWED_RUN


@pytest.mark.usefixtures("one_thread")
def test_tanl_costs_an_image_at_most_twice_what_neglabel_does() -> None:
    def unit(count: int, seed: int) -> torch.Tensor:
        drawn = torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed))
        return functional.normalize(drawn, dim=1)

    reference = Reference(unit(CLASSES, 1), unit(NEGATIVES, 2), noise=unit(15, 9))
    assert reference.class_text is not None and reference.negative_text is not None
    labels = torch.cat([reference.class_text, reference.negative_text])[torch.arange(IMAGES) * 7]
    stream = functional.normalize(labels + 2 * unit(IMAGES, 0), dim=1)  # of both kinds, so that it learns
    plain, tanl = NegLabel().fit(reference), TANL().fit(reference)
    with torch.no_grad():
        work = [lambda: [plain(row[None]) for row in stream], lambda: tanl(stream), lambda: plain(stream)]
        one, other, together = best_of(work, 3)
    print(
        f"\nTANL: {1e3 * other / IMAGES:.2f} ms an image, NegLabel {1e3 * one / IMAGES:.2f}: ratio {other / one:.2f} "
        f"(NegLabel with all {IMAGES} at once: {1e3 * together / IMAGES:.2f})"
    )
    assert other / one <= ALLOWED_TANL
