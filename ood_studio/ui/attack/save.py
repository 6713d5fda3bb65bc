"""What can be taken away: the picture without loss, what was added, and how to do it again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ood_studio.attacks import quality
from ood_studio.core.unicode import json_text
from ood_studio.data.pixels import to_pixels
from ood_studio.figures.perturbation import amplified, gain_of
from ood_studio.studio.records import attack_record
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.downloads import download_folder, file_stem, png_text


def files(trace: AttackTrace) -> dict[str, str]:
    """Paths by what they hold: ``png``, ``perturbation`` (amplified), ``exact`` (numbers) and ``record``."""
    assert trace.last is not None
    folder, stem = download_folder(), file_stem(trace.names[0])
    change = trace.last.change()
    gain = gain_of(change)
    paths = {
        "png": picture_file(trace, folder),
        "perturbation": folder / f"{stem}-perturbation-x{gain}.png",
        "exact": folder / f"{stem}-perturbation.npy",
        "record": folder / f"{stem}-attack.json",
    }
    amplified(change, gain).save(paths["perturbation"])
    np.save(paths["exact"], change)
    paths["record"].write_text(json_text(record(trace), indent=1), encoding="utf-8")
    return {name: str(path) for name, path in paths.items()}


def picture_file(trace: AttackTrace, folder: Path | None = None) -> Path:
    """The attacked picture as a PNG in a folder, a new one unless given."""
    assert trace.last is not None
    path = (folder or download_folder()) / f"{file_stem(trace.names[0])}-attacked.png"
    trace.last.image.save(path)
    return path


def record(trace: AttackTrace) -> dict[str, Any]:
    """What it takes to repeat the attack: the request, and the pictures themselves as PNG in base64."""
    assert trace.last is not None
    plain = attack_record(trace.request, trace.source, trace.target, trace.last)
    plain["source_png"] = png_text(trace.source)
    plain["target_png"] = None if trace.target is None else png_text(trace.target)
    return plain


def about(trace: AttackTrace) -> str:
    """How far the picture is from the original, in a line."""
    assert trace.last is not None
    found = quality(to_pixels([trace.last.original]), to_pixels([trace.last.image]))[0]
    psnr = "no change at all" if math.isinf(found.psnr) else f"PSNR {found.psnr:.1f} dB"
    return (
        f'<p class="studio-about">{psnr}, SSIM {found.ssim:.3f}, largest change {255 * found.max_change:.0f} of 255, '
        f"mean change {255 * found.mean_change:.1f} of 255. The PNG keeps every bit: loaded again, it gets "
        "the same scores.</p>"
    )
