"""What can be taken away: the picture without loss, what was added, and how to do it again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ood_studio.attacks import quality
from ood_studio.core.errors import StudioError
from ood_studio.data.pixels import to_pixels
from ood_studio.figures.perturbation import amplified, gain_of
from ood_studio.studio.records import attack_record
from ood_studio.ui.attack.session import Session
from ood_studio.ui.downloads import download_folder, file_stem, png_text


def files(mine: Session) -> dict[str, str]:
    """Paths by what they hold: ``png``, ``perturbation`` (amplified), ``exact`` (numbers) and ``record``."""
    assert mine.last is not None
    folder = download_folder()
    change = mine.last.change()
    gain = gain_of(change)
    paths = {
        "png": picture_file(mine, folder),
        "perturbation": folder / f"{file_stem(mine.names[0])}-perturbation-x{gain}.png",
        "exact": folder / f"{file_stem(mine.names[0])}-perturbation.npy",
        "record": folder / f"{file_stem(mine.names[0])}-attack.json",
    }
    amplified(change, gain).save(paths["perturbation"])
    np.save(paths["exact"], change)
    paths["record"].write_text(json.dumps(record(mine), indent=1, ensure_ascii=False), encoding="utf-8")
    return {name: str(path) for name, path in paths.items()}


def picture_file(mine: Session, folder: Path | None = None) -> Path:
    """The attacked picture as a PNG in a folder, a new one unless given.

    Raises:
        StudioError: if there is none yet.
    """
    if mine.last is None:
        raise StudioError("there is no attacked picture yet; press Attack first")
    path = (folder or download_folder()) / f"{file_stem(mine.names[0])}-attacked.png"
    mine.last.picture.save(path)
    return path


def record(mine: Session) -> dict[str, Any]:
    """What it takes to repeat the attack: the request, and the pictures themselves as PNG in base64."""
    assert mine.request is not None and mine.source is not None and mine.last is not None
    plain = attack_record(mine.request, mine.source, mine.target, mine.last)
    plain["source_png"] = png_text(mine.source)
    plain["target_png"] = None if mine.target is None else png_text(mine.target)
    return plain


def about(mine: Session) -> str:
    """How far the picture is from the original, in a line."""
    assert mine.last is not None
    found = quality(to_pixels([mine.last.original]), to_pixels([mine.last.picture]))[0]
    psnr = "no change at all" if math.isinf(found.psnr) else f"PSNR {found.psnr:.1f} dB"
    return (
        f'<p class="studio-about">{psnr}, SSIM {found.ssim:.3f}, largest change {255 * found.max_change:.0f} of 255, '
        f"mean change {255 * found.mean_change:.1f} of 255. The PNG keeps every bit: loaded again, it gets "
        "the same scores.</p>"
    )
