"""What a photograph of 3000 × 2000 pixels takes in memory when it is attacked at full size."""

from __future__ import annotations

import subprocess
import sys

import pytest

WIDTH, HEIGHT, ALLOWED = 3000, 2000, 1.5  # GiB beyond what the model and the libraries take
CODE = f"""
import resource, sys
import numpy as np
from PIL import Image
from ood_studio.attacks import FeatureAttack, Objective
from ood_studio.attacks.fitting import fitted_pixels
from ood_studio.backbones import load_backbone
from ood_studio.data.pixels import to_images

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**30

rng = np.random.default_rng(0)
coarse = rng.integers(0, 256, ({HEIGHT} // 50, {WIDTH} // 50, 3), dtype=np.uint8)
photograph = Image.fromarray(coarse).resize(({WIDTH}, {HEIGHT}))
backbone = load_backbone("diorama", "cpu")
goal = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
aim = Objective(backbone, backbone.encode_image(backbone.preprocess([goal])).visual)
before = peak()
pixels = fitted_pixels(photograph, backbone, full_size=True, longest={WIDTH})
for step in FeatureAttack(smoothness=5000, steps=4).run(pixels, aim, every=2):
    to_images(step.pixels)
print(before, peak())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells a process's peak in another way")
def test_peak_memory_of_a_photograph_attacked_at_full_size() -> None:
    """In a process of its own."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    before, peak = map(float, done.stdout.split())
    image = WIDTH * HEIGHT * 3 * 4 / 2**30
    print(
        f"\n{WIDTH} × {HEIGHT} pixels attacked: peak {peak:.2f} GiB, {peak - before:.2f} beyond the model, "
        f"{(peak - before) / image:.0f} times the image in float32"
    )
    assert peak - before < ALLOWED
