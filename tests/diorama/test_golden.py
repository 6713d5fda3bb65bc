"""The very bytes of some pictures: what the bundled models were trained on must not change by accident.

After a change that is meant (and new weights), write the file anew: ``python -m tests.diorama.test_golden``
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
import pytest

from ood_studio.diorama.render import render
from ood_studio.diorama.scene import STYLES
from ood_studio.diorama.splits import scenes

GOLDEN = Path(__file__).with_name("golden.json")
SPLITS = (*(f"id-{style}" for style in STYLES), "near-ood", "far-ood-scenes", "factor-texture", "far-ood-textures")


def versions() -> dict[str, str]:
    return {"pillow": PIL.__version__, "numpy": np.__version__}


def pictures() -> dict[str, str]:
    """A hash of the scene and of its picture at two sizes, for one scene of each split."""
    found = {}
    for name in SPLITS:
        scene = scenes(name, 2026, 1)[0]
        digest = hashlib.sha256(scene.to_json().encode())
        for size in (64, 192):
            digest.update(render(scene, size).tobytes())
        found[name] = digest.hexdigest()
    return found


def test_pictures_are_the_ones_the_models_know() -> None:
    golden = json.loads(GOLDEN.read_text())
    if golden["versions"] != versions():
        pytest.skip(f"the hashes were made with {golden['versions']}, here are {versions()}")
    drawn = pictures()
    changed = [name for name in SPLITS if drawn[name] != golden["pictures"].get(name)]
    assert not changed, (
        f"the scenes or pictures of {', '.join(changed)} have changed: the bundled models were trained on the former "
        "ones. If that is meant, train anew and write the hashes with: python -m tests.diorama.test_golden"
    )


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({"versions": versions(), "pictures": pictures()}, indent=1) + "\n")
