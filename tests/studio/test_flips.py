"""What flips a verdict, and how often factors and corruptions do, by the services on a real model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.cli.main import main
from ood_studio.core.errors import StudioError
from ood_studio.data.corruptions import CorruptiblePicture
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.labels.negmining import Mining
from ood_studio.studio import ExploreRequest, FactorRequest, FlipRequest, LabelChoice, Studio, factors
from ood_studio.worlds import galleries, registry
from ood_studio.worlds.diorama_changes import DioramaScene
from tests.worlds.fewer import fewer_references

LABELS = LabelChoice("diorama", mining=Mining(count=60))


@pytest.fixture(scope="module", autouse=True)
def few() -> Any:
    with fewer_references(40, 30), pytest.MonkeyPatch.context() as patch:
        world = registry.WORLDS["diorama"]
        assert world.factor_sets is not None
        fewer = replace(world.factor_sets, factors=("pose", "subcategory"))
        patch.setattr(registry, "WORLDS", {**registry.WORLDS, "diorama": replace(world, factor_sets=fewer)})
        yield


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio("cpu")


def test_the_strip_tells_what_exploring_tells(studio: Studio) -> None:
    scene = DioramaScene(scenes("far-ood-scenes", 11, 1)[0], size=64)
    *_, found = studio.flips(FlipRequest(LABELS, scorer="MSP", pairs=3), scene.changed("light", "0.6x"))
    assert found.origin.picture.changes == {} and found.done  # it begins with the scene as it was
    variants = [found.origin, *found.singles[:3], *found.pairs[:1]]
    pictures = [(each.picture.said, each.picture.draw()) for each in variants]
    told = studio.explore(ExploreRequest(LABELS), pictures).reports
    for each, report in zip(variants, told, strict=True):
        reading = next(one for one in report.readings if one.title == "MSP")
        assert each.value == pytest.approx(reading.value, rel=1e-4) and each.inside == reading.inside
        assert found.threshold == pytest.approx(reading.threshold)
    assert all(each.flips == (each.inside != found.origin.inside) for each in (*found.singles, *found.pairs))


def test_a_score_that_is_not_shown_and_labels_without_references_are_told(studio: Studio) -> None:
    scene = DioramaScene(scenes("far-ood-scenes", 11, 1)[0], size=64)
    with pytest.raises(StudioError, match="no score named knn is shown of this model; there are neglabel, mcm"):
        next(studio.flips(FlipRequest(LABELS, scorer="knn"), scene))
    own = LabelChoice("diorama", "fish, car", mining=Mining(count=60))
    with pytest.raises(StudioError, match="without ID reference pictures, so there is no verdict"):
        next(studio.flips(FlipRequest(own), scene))
    with pytest.raises(StudioError, match="name a folder of ID pictures with --reference"):
        next(studio.factors(FactorRequest(own, count=2)))


def test_factors_are_added_to_scenes_and_counted(studio: Studio) -> None:
    results = [*studio.factors(FactorRequest(LABELS, count=4))]
    assert [len(each.rows) for each in results] == [6, 12, 18, 24]  # two factors of two sets, six detectors
    last = results[-1]
    rates = last.rates()
    assert [*rates] == ["ID", "near-OOD"] and [*rates["ID"]] == ["pose", "subcategory"]
    assert rates["ID"]["pose"]["MSP"].n == 4 and all(0 <= each <= 1 for each in last.accepted.values())
    told = last.to_dict()
    assert told["backbone"] == "diorama" and len(told["rows"]) == 24 and told["rows"][0]["factor"] == "pose"
    scene = DioramaScene(scenes("id-flat", 1, 1)[0], size=64)
    before = studio.explore(ExploreRequest(LABELS), [("a", scene.draw())]).reports[0].readings
    assert last.thresholds["MSP"] == pytest.approx(next(one.threshold for one in before if one.title == "MSP"))


def test_any_scorers_by_name_are_asked_as_in_a_benchmark(studio: Studio, tmp_path: Path) -> None:
    learnt = str(photographs(tmp_path / "learnt", 5))
    scorers = ("msp", "mcm:tau=1", "knn:k=3", "gl-mcm", "adaneg")
    asked = FactorRequest(LABELS, scorers=scorers, train_data=learnt, count=4)
    *_, found = studio.factors(asked)
    *_, shown = studio.factors(FactorRequest(LABELS, count=4))
    rates, usual = found.rates(), shown.rates()
    assert [*rates["ID"]["pose"]] == [*found.thresholds] == ["msp", "mcm:tau=1", "knn:k=3", "gl-mcm"]
    (note,) = (each for each in found.notes if "left out" in each)
    assert note == "adaneg was left out: it learns from the pictures that pass, so that a picture alone has no verdict."
    # The same score has the same threshold and the same flips whichever way it is asked for.
    for named, title in (("msp", "MSP"), ("mcm:tau=1", "MCM (τ = 1)")):
        assert found.thresholds[named] == pytest.approx(shown.thresholds[title], rel=1e-5)
        assert all(rates[name]["pose"][named] == usual[name]["pose"][title] for name in rates)
    with pytest.raises(StudioError, match=r"unknown scorer 'nsp'.*did you mean"):
        next(studio.factors(FactorRequest(LABELS, scorers=("nsp",), count=2)))
    with pytest.raises(StudioError, match="no scorer can give verdicts: adaneg was left out"):
        next(studio.factors(FactorRequest(LABELS, scorers=("adaneg",), count=2)))


def photographs(folder: Path, count: int) -> Path:
    folder.mkdir()
    for i, scene in enumerate(scenes("id-flat", 4, count)):
        render(scene, 64).save(folder / f"{i}.png")
    return folder


def test_corruptions_of_own_pictures_flip_verdicts(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(factors, "CORRUPTIONS", ("fog",))
    monkeypatch.setattr(factors, "SEVERITIES", (1, 5))
    own, held = photographs(tmp_path / "own", 3), photographs(tmp_path / "held", 12)
    (own / "broken.png").write_bytes(b"no picture")
    asked = FactorRequest(LABELS, id_data=str(own), reference=str(held), count=4)
    *_, found = studio.factors(asked)
    rates = found.rates()["own"]
    assert [*rates] == ["Fog 1", "Fog 5"] and rates["Fog 1"]["NegLabel"].n == 3
    assert any("1 pictures of own could not be read" in note for note in found.notes)

    line = ["factors", "--id-data", str(own), "--reference", str(held), "--count", "4", "--negatives", "60", "--quiet"]
    files = ["--out", str(tmp_path / "a.csv"), "--figure", str(tmp_path / "a.html")]
    assert main([*line[:-3], "--quiet", *files]) == 0
    printed = capsys.readouterr()
    assert "Fog 5" in printed.out and "could not be read" in printed.err
    assert (tmp_path / "a.csv").read_text().startswith("set,factor,detector,pictures,flips")
    assert "Fog 5" in (tmp_path / "a.html").read_text()[-20_000:]


def test_the_command_explores_changed_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "teal.png")
    with pytest.raises(StudioError, match="has no 'colour' that can be changed; it has gaussian_noise"):
        CorruptiblePicture(Image.open(tmp_path / "teal.png"), "teal.png").changed("colour", "red")
    assert main(["explore", str(tmp_path / "teal.png"), "--change", "colour=red", "--quiet"]) == 2
    assert "has no 'colour' that can be changed" in capsys.readouterr().err
    assert main(["explore", str(tmp_path / "teal.png"), "--change", "colour", "--quiet"]) == 2
    assert "THING=VALUE, such as colour=red" in capsys.readouterr().err
    assert main(["explore", "a.png", "--change", "fog=1", "--flips", "mcm", "--quiet"]) == 2
    assert "leave --change away" in capsys.readouterr().err


def test_the_command_tells_what_flips(capsys: pytest.CaptureFixture[str]) -> None:
    ((path, _),) = galleries()["far-ood-scenes"].take(1, 0, 0, short=True)
    assert main(["explore", path, "--flips", "mcm", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)["flips"][path]
    turned = [each for each in told["singles"] if each["flips"]]
    assert told["possible"] == len(told["singles"]) > 10  # the first one that flips is the smallest
    assert told["smallest"] == (turned or told["pairs"] or [None])[0] or told["smallest"] is None
    assert all(each["inside"] != told["origin"]["inside"] for each in turned)
