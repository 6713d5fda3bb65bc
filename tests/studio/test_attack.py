"""Attacked sets, what every scorer makes of them, and the command."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.attacks import AttackedSet, FeatureAttack, attacked_sets
from ood_studio.attacks.defences import Defence
from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Stopped, heard
from ood_studio.data.folders import FolderDataset
from ood_studio.data.image_sets import read_set
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.negmining import Mining
from ood_studio.studio import AttackImageRequest, AttackResult, AttackSetRequest, ExploreRequest, LabelChoice, Studio
from tests.worlds.fewer import fewer_references

LABELS = LabelChoice("diorama-conv", mining=Mining(count=60))
REQUEST = AttackSetRequest(
    smoothness=(0.0,),
    linf=(2.0,),
    checkpoints=(4,),
    attack=FeatureAttack(steps=12, seed=1),
    count=10,
    train_count=24,
    resamples=0,
    scorers=("knn", "neglabel", "energy"),
    labels=LABELS,
)


@pytest.fixture(scope="module", autouse=True)
def few_references() -> object:
    with fewer_references(12, 10):
        yield


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def entries_of(attacked: AttackedSet) -> tuple[dict[str, Any], ...]:
    found = read_set(attacked.folder)
    assert found is not None
    return found.entries


@pytest.fixture(scope="module")
def result(studio: Studio) -> AttackResult:
    return studio.attack_set(REQUEST)


def test_sets_are_pictures_with_a_manifest(result: AttackResult) -> None:
    names = [each.name for each in result.sets]
    assert names == ["near-ood, λ = 0, step 4", "near-ood, λ = 0", "near-ood, L∞ 2/255, step 4", "near-ood, L∞ 2/255"]
    early, free, _, bound = result.sets
    assert len(FolderDataset(free.folder)) == free.count == 10
    assert bound.quality.max_change <= 2 / 255 + 1e-6 and free.quality.max_change > 2 / 255
    assert early.similarity < free.similarity
    assert len(entries_of(free)) == 10 and free.attack["steps"] == 12 and free.backbones == ("diorama-conv",)
    assert {each.folder for each in attacked_sets()} >= {each.folder for each in result.sets}


def test_a_set_shows_its_pictures_in_a_notebook(result: AttackResult) -> None:
    made = result.sets[0]._repr_html_()
    assert made.count("<img ") == min(16, result.sets[0].count) and result.sets[0].name in made and "PSNR" in made


def test_rows_are_before_and_after(result: AttackResult) -> None:
    auroc = {(row.scorer, row.ood): row.auroc for row in result.rows()}
    assert len(auroc) == 3 * 5
    assert auroc["knn", "near-ood, λ = 0"] < auroc["knn", "near-ood"]
    assert [step for step, _ in result.curve("knn", "step")] == [4, 12]
    assert result.curve("knn", "linf")[0] == (0.0, auroc["knn", "near-ood"])
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_targets_are_taken_out_of_what_scorers_learn(studio: Studio, result: AttackResult) -> None:
    """1-NN over the training pictures that are not named as targets, by hand."""
    from ood_studio.evaluation.metrics import auroc
    from ood_studio.evaluation.suites import open_suite

    suite = open_suite("diorama", seed=REQUEST.seed, count=10, train_count=24)
    assert suite.train is not None
    used = {each["target"] for each in entries_of(result.sets[1])}
    kept = [i for i in range(24) if suite.train.caption(i) not in used]
    backbone = studio.backbone("diorama-conv")

    def unit(pictures: list[Image.Image]) -> torch.Tensor:
        with torch.no_grad():
            return torch.nn.functional.normalize(backbone.encode_image(backbone.preprocess(pictures)).visual, dim=1)

    learnt = unit([suite.train.load(i) for i in kept])
    attacked = FolderDataset(result.sets[1].folder)
    inside, outside = (
        (unit([pictures.load(i) for i in range(10)]) @ learnt.T).amax(dim=1).numpy()
        for pictures in (suite.id, attacked)
    )
    row = next(row for row in result.rows() if row.scorer == "knn" and row.ood == "near-ood, λ = 0")
    assert row.auroc == pytest.approx(auroc(inside, outside), abs=0.011)  # ties by rounding
    assert row.params["targets_removed"] == 10


def test_the_same_request_only_reads(studio: Studio, result: AttackResult, monkeypatch: Any) -> None:
    def no_more(*_: object, **__: object) -> None:
        raise AssertionError("attacked once more")

    monkeypatch.setattr("ood_studio.attacks.feature.FeatureAttack.run", no_more)
    again = studio.attack_set(replace(REQUEST, defences=("jpeg:60",)))
    assert again.sets == result.sets
    assert [each.defence for each in again.evaluations] == ["", "jpeg:60"]
    assert again.rows(defence="jpeg:60")[0].params["defence"] == "jpeg:60"


def test_a_stopped_attack_goes_on_where_it_was(studio: Studio, monkeypatch: Any) -> None:
    monkeypatch.setattr("ood_studio.attacks.attack_set._BATCH", 4)
    request = with_values(REQUEST, {"seed": 2, "attack.seed": 2, "linf": (), "scorers": ("knn",)})
    before = attacked_sets()

    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith("attacking") and done > 6 * 12:  # of 10 images times 12 steps
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        studio.attack_set(request, stop)
    assert attacked_sets() == before  # unfinished ones are not offered
    batches: list[int] = []
    run = FeatureAttack.run

    def counted(self: FeatureAttack, pixels: torch.Tensor, *rest: Any, **options: Any) -> Any:
        batches.append(len(pixels))
        return run(self, pixels, *rest, **options)

    monkeypatch.setattr(FeatureAttack, "run", counted)
    resumed = studio.attack_set(request).sets
    assert batches == [4, 2]
    files = {path: path.read_bytes() for each in resumed for path in each.folder.iterdir()}
    for each in resumed:
        shutil.rmtree(each.folder)
    assert studio.attack_set(request).sets == resumed
    assert all(path.read_bytes() == content for path, content in files.items())  # as in one go


def test_without_lists_the_attack_itself_is_the_only_one() -> None:
    alone = replace(REQUEST, attack=FeatureAttack(norm="linf", budget=4, seed=9), smoothness=(), linf=())
    assert alone.attacks() == {"L∞ 4/255": alone.attack}
    assert [attack.budget for attack in REQUEST.attacks().values()] == [8.0, 2.0]
    assert list(AttackSetRequest(smoothness=(0, 50), l2=(3,)).attacks()) == ["λ = 0", "λ = 50", "L2 3"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "far"}, "diorama has no OOD set 'far'; it has near-ood"),
        ({"smoothness": (2e4,)}, "smoothness must lie between 0 and 10,000"),
        ({"defences": ("wash",)}, "unknown defence 'wash'"),
        ({"target": "noise"}, "target must be one of image, class, nearest, text"),
    ],
)
def test_what_cannot_be_attacked(studio: Studio, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudioError, match=message):
        studio.attack_set(replace(REQUEST, linf=(), **changes))


def test_one_picture_is_attacked(studio: Studio) -> None:
    source, target = (render(scenes(name, 41, 1)[0], 96) for name in ("near-ood", "id-test"))
    request = AttackImageRequest(LABELS, attack=FeatureAttack(steps=8), every=4, full_size=True)
    steps = list(studio.attack_image(request, source, target))
    assert [step.step for step in steps] == [0, 4, 8]
    assert steps[-1].similarity > steps[0].similarity
    assert steps[-1].image.size == source.size and steps[-1].original.tobytes() == source.tobytes()
    assert steps[-1].change().shape == (96, 96, 3) and np.abs(steps[-1].change()).max() < 0.1
    explored = studio.explore(ExploreRequest(LABELS), [("before", steps[0].original)]).reports[0]
    assert [each.threshold for each in explored.readings] == [each.threshold for each in steps[0].readings]
    by_label = [*studio.attack_image(replace(request, target_label="cat"), source)]
    raised = [*studio.attack_image(replace(request, target_score="neglabel"), source)]
    assert by_label[-1].similarity > by_label[0].similarity
    assert raised[-1].readings[0].value > raised[0].readings[0].value
    told: list[str] = []

    def stop(stage: str, done: int, total: int) -> None:
        told.append(stage)
        if stage == "encoding pictures":
            raise Stopped(stage)

    with heard(stop), pytest.raises(Stopped):  # many crops take long with a large model
        studio.with_defence(request, [steps[-1].image], Defence("crops", 3))
    assert told[0] == "loading the model"
    with pytest.raises(StudioError, match="the target is the picture itself"):
        next(studio.attack_image(request, source, source.copy()))
    with pytest.raises(StudioError, match="needs a target"):
        next(studio.attack_image(request, source))


def test_the_command(capsys: Any, tmp_path: Path) -> None:
    flags = "--count 10 --train-count 24 --steps 2 --smoothness 0 5000 --resamples 0 --scorers knn --quiet".split()
    flags += ["--backbone", "diorama-conv"]
    assert main(["attack", *flags, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in answer["sets"]] == ["near-ood, λ = 0", "near-ood, λ = 5000"]
    assert {row["ood"] for row in answer["evaluations"][0]["results"]} == {
        "near-ood",
        "near-ood, λ = 0",
        "near-ood, λ = 5000",
    }
    assert main(["attack", *flags, "--figure", str(tmp_path / "curves.html")]) == 0
    assert "near-ood, λ = 5000: 10 pictures" in capsys.readouterr().out
    assert "AUROC against" in (tmp_path / "curves.html").read_text(encoding="utf-8")
    one = [each for each in flags if each != "5000"]
    assert main(["attack", *one, "--figure", str(tmp_path / "one.html")]) == 2
    assert "a figure needs several values" in capsys.readouterr().err
    assert main(["attack", *flags, "--transfer", "diorama-conv", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["ood"] for row in rows} >= {"near-ood, λ = 5000"}
    assert {json.loads(row["params"])["attacked"] for row in rows} == {"diorama-conv"}
    assert main(["attack", *flags, "--transfer", "diorama", "--figure", str(tmp_path / "one.html")]) == 2
    assert "--figure is of one attacked model; leave out --transfer" in capsys.readouterr().err
    assert main(["attack", *flags, "--source", "none"]) == 2
    assert "has no OOD set 'none'" in capsys.readouterr().err


def test_own_pictures_are_attacked(studio: Studio, tmp_path: Path) -> None:
    for split, name in (("near-ood", "strange"), ("id-test", "known/cat"), ("id-train", "learnt/cat")):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for i, scene in enumerate(scenes(split, 5, 4)):
            render(scene).save(folder / f"{i}.png")
    request = replace(
        REQUEST,
        linf=(),
        checkpoints=(),
        scorers=("knn",),
        id_data=str(tmp_path / "known"),
        ood_data=(str(tmp_path / "strange"),),
        train_data=str(tmp_path / "learnt"),
    )
    found = studio.attack_set(request)
    assert found.source == "strange" and found.sets[0].count == 4
    assert {row.ood for row in found.rows()} == {"strange", "strange, λ = 0"}
    with pytest.raises(StudioError, match="folders has no OOD set 'gone'; it has strange"):
        studio.attack_set(replace(request, source="gone"))
