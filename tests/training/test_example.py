"""The example in the loop's docstring trains as it stands there."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest
import torch

from ood_studio.training import loop
from ood_studio.training.command import parse

IMPORTS = """
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
import torch
import torch.nn.functional as F
from torch import nn
from ood_studio.core.parameters import Bounds
from ood_studio.core.paths import ASSETS
from ood_studio.diorama.world import TRAINED_CLASSES
from ood_studio.training.command import command
from ood_studio.training.loop import Task, TrainingRun
from ood_studio.training.recipe import Recipe, TrainingSteps
from ood_studio.training.scene_cache import SceneCache, load_scenes, to_tensor
"""


def test_the_example_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loop.__doc__
    example = loop.__doc__.partition("::\n\n")[2].partition("\n``python")[0]
    module = ModuleType("objects_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    saved = "torch.save(trained.state_dict(), folder)"
    code = dedent(example).replace("...  # save `trained` there", saved)
    assert saved in code
    exec(compile(IMPORTS + code, "example", "exec", dont_inherit=True), module.__dict__)
    flags = ["--steps", "2", "--pictures", "64", "--width", "16", "--device", "cpu", "--out", str(tmp_path / "weights")]
    recipe = parse(module.__dict__["ObjectsRecipe"], None, flags)
    assert module.__dict__["train"](recipe) == tmp_path / "weights"
    weights = torch.load(tmp_path / "weights", weights_only=True)
    assert weights["0.weight"].shape == (16, 3, 8, 8)
