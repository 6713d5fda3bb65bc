"""What decoding takes at its peak is no more than what is reserved of the common budget for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.paths import ROOT
from ood_studio.data.images import _BYTES_A_PIXEL

SIDE = 3000
BESIDE = 24 * 2**20  # stripes that are converted, and the samples that are looked at for a range
MEASURED = """
import sys
from ood_studio.data.images import decode_image

def kilobytes(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

decode_image(sys.argv[1])  # what it imports is not counted
for path in sys.argv[2:]:
    open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
    before = kilobytes("VmRSS")
    decode_image(path)
    print(1024 * (kilobytes("VmHWM") - before))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_a_large_picture_takes_what_is_reserved_for_it(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (4, 4)).save(tmp_path / "small.png")
    files = [tmp_path / name for name in ("whole.tif", "float.tif", "sixteen.png", "clear.png")]
    ramp = np.broadcast_to(np.arange(SIDE, dtype=np.int32), (SIDE, SIDE))
    Image.fromarray(ramp).save(files[0])
    Image.fromarray(ramp.astype(np.float32)).save(files[1], compression="tiff_adobe_deflate")
    Image.fromarray(ramp.astype(np.uint16)).save(files[2], exif=turned, compress_level=1)
    Image.new("RGBA", (SIDE, SIDE), (10, 20, 30, 40)).save(files[3], exif=turned, compress_level=1)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, tmp_path / "small.png", *files],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_MMAP_THRESHOLD_": "1048576"},
        capture_output=True,
        text=True,
        check=True,
    )
    reserved = [SIDE * SIDE * _BYTES_A_PIXEL + file.stat().st_size + BESIDE for file in files]
    taken = [int(line) for line in ran.stdout.split()]
    assert all(most <= allowed for most, allowed in zip(taken, reserved, strict=True)), (taken, reserved)
