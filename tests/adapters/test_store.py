"""Adapters on disk: names, damage, other versions, a full disk, trainings that go on."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier

import pytest
import torch
from safetensors.torch import load_file, save_file

from ood_studio.adapters import (
    Adapted,
    AdapterError,
    Probe,
    export,
    find_adapter,
    keep_file,
    remove,
    save,
    saved_adapters,
    store,
)
from ood_studio.adapters.record import Record
from ood_studio.adapters.store import forget_state, keep_state, kept_state
from ood_studio.adapters.validation import Rates, Validation
from ood_studio.core import tensor_files
from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.locks import LOCK, sole_writer
from ood_studio.testing.adapter_world import SmallBackbone, small_material


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    monkeypatch.setattr(store, "BUNDLED", tmp_path / "bundled")
    return tmp_path


@pytest.fixture(scope="module")
def adapted() -> Adapted:
    return Probe(epochs=2).fit(SmallBackbone(), small_material(), seed=1)


def test_adapters_have_names_and_are_listed_and_removed(adapted: Adapted, own_cache: Path) -> None:
    assert saved_adapters() == []
    with pytest.raises(AdapterError, match="there is no adapter mine; none is saved yet"):
        find_adapter("mine")
    kept = save(adapted, "mine")
    assert kept.path.parent == own_cache / "adapters" and adapted.record.key in kept.path.name
    assert save(adapted, "mine").path == kept.path  # the same content again
    save(adapted, "other.v2")
    assert [each.name for each in saved_adapters()] == ["mine", "other.v2"]
    assert find_adapter("mine").record == adapted.record
    later = Probe(epochs=3).fit(SmallBackbone(), small_material(), seed=1)
    with pytest.raises(AdapterError, match="there is an adapter mine with other content; remove it first"):
        save(later, "mine")
    remove("mine")
    save(later, "mine")
    with pytest.raises(AdapterError, match=r"there is no adapter thing; there are mine, other\.v2"):
        remove("thing")
    for wrong in ("", "A", "../x", "a/b", "x" * 65):
        with pytest.raises(AdapterError, match="an adapter's name has small letters"):
            save(adapted, wrong)


def test_what_comes_with_the_studio_is_listed_and_stays(adapted: Adapted, own_cache: Path) -> None:
    made = save(adapted, "given").path
    (own_cache / "bundled").mkdir()
    made.rename(own_cache / "bundled" / made.name)
    (found,) = saved_adapters()
    assert found.name == "given" and found.bundled and find_adapter("given").bundled
    with pytest.raises(AdapterError, match="there is no adapter thing; there are given"):
        find_adapter("thing")
    with pytest.raises(AdapterError, match="the adapter given comes with the studio, and stays"):
        remove("given")
    later = Probe(epochs=3).fit(SmallBackbone(), small_material(), seed=1)
    with pytest.raises(AdapterError, match="adapter given with other content, which comes with the studio; take"):
        save(later, "given")
    assert not save(adapted, "given").bundled  # the same content once more, as one's own
    assert [each.bundled for each in saved_adapters()] == [False] and not find_adapter("given").bundled
    remove("given")
    assert find_adapter("given").bundled


def test_a_file_from_elsewhere_is_kept_under_its_name(adapted: Adapted, tmp_path: Path) -> None:
    export(adapted, file := tmp_path / "My Probe (2).safetensors")
    kept = keep_file(file)
    assert kept.name == "my-probe-2" and find_adapter("my-probe-2").record == adapted.record
    assert keep_file(file, "other").name == "other" and keep_file(file).name == "my-probe-2"  # the same once more
    later = Probe(epochs=3).fit(SmallBackbone(), small_material(), seed=1)
    export(later, file)
    assert keep_file(file).name == f"my-probe-2-{later.record.key[:8]}"  # the name is taken by other content
    with pytest.raises(AdapterError, match="there is an adapter other with other content"):
        keep_file(file, "other")
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(AdapterError, match="damaged"):
        keep_file(file)
    assert len(saved_adapters()) == 3


def test_two_who_train_and_save_at_once_get_each_their_own() -> None:
    alone = {seed: Probe(epochs=3, batch=8).fit(SmallBackbone(), small_material(), seed=seed) for seed in (1, 2)}
    gate = Barrier(2)

    def train(seed: int) -> Adapted:
        gate.wait()
        return Probe(epochs=3, batch=8).fit(SmallBackbone(), small_material(), seed=seed)

    def take(adapted: Adapted) -> str:
        gate.wait()
        try:
            return save(adapted, "same").record.key
        except AdapterError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(train, (1, 2))]
        said = [*pool.map(take, found)]
    for seed, adapted in zip((1, 2), found, strict=True):
        assert all(torch.equal(tensor, alone[seed].tensors[name]) for name, tensor in adapted.tensors.items())
    assert sum("there is an adapter same with other content" in each for each in said) == 1
    assert find_adapter("same").record.key in said and len(saved_adapters()) == 1


def test_whoever_saves_keeps_other_processes_out_meanwhile(adapted: Adapted, tmp_path: Path) -> None:
    export(adapted, file := tmp_path / "mine.safetensors")
    folder = save(adapted, "first").path.parent
    for keep in (lambda: save(adapted, "mine"), lambda: keep_file(file)):
        # Locks are of open files: what this process holds keeps itself out as it does another one.
        with sole_writer(folder), pytest.raises(StudioError, match=r"adapters is being written.*; ask again when"):
            keep()
        assert keep().name == "mine" and not (folder / LOCK).exists()


def test_a_full_disk_leaves_what_was_there(adapted: Adapted, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = save(adapted, "mine")
    before = kept.path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(AdapterError, match=r"cannot be saved in .*mine.* \(No space left on device\)"):
        save(adapted, "mine")
    assert kept.path.read_bytes() == before
    assert [path.name for path in kept.path.parent.iterdir()] == [kept.path.name]


def test_what_is_no_adapter_or_of_another_version_is_said(adapted: Adapted, own_cache: Path) -> None:
    plain = own_cache / "plain.safetensors"
    save_file({"a": torch.ones(2)}, plain)
    with pytest.raises(AdapterError, match=r"plain\.safetensors is no adapter"):
        find_adapter(str(plain))
    with pytest.raises(AdapterError, match="there is no file"):
        find_adapter(str(own_cache / "absent.safetensors"))
    told = json.loads(adapted.record.to_json())
    told["versions"]["format"] = "9"
    save_file({"a": torch.ones(2)}, plain, {"adapter": json.dumps(told)})
    with pytest.raises(
        AdapterError, match=r"saved by another version of the studio \(format 9, here 1\); train it again"
    ):
        find_adapter(str(plain))
    save_file({"a": torch.ones(2)}, plain, {"adapter": "{}"})
    with pytest.raises(AdapterError, match="is damaged: its header cannot be read"):
        find_adapter(str(plain))


def test_a_damaged_file_is_left_out_of_the_list_with_a_warning(
    adapted: Adapted, caplog: pytest.LogCaptureFixture
) -> None:
    kept = save(adapted, "mine")
    save(adapted, "other")
    kept.path.write_bytes(b"nothing of the kind")
    assert [each.name for each in saved_adapters()] == ["other"]
    assert "the adapter mine is damaged or gone" in caplog.text
    remove("mine")
    assert not kept.path.exists()


def test_a_kind_or_parameter_that_is_not_here_is_said(adapted: Adapted) -> None:
    backbone = adapted.backbone

    def load(change: dict[str, object]) -> None:
        kept = save(adapted, "mine")
        told = json.loads(adapted.record.to_json()) | change
        tensors = load_file(kept.path)
        save_file(tensors, kept.path, {"adapter": json.dumps(told), "crc32": tensor_files.checksum(tensors)})
        find_adapter("mine").adapted(backbone, adapted.labels, adapted.negative_labels)

    with pytest.raises(AdapterError, match="is of the kind magic, which is not here"):
        load({"adapter": "magic"})
    with pytest.raises(AdapterError, match="has a parameter that probe does not have: charm"):
        load({"parameters": {"charm": "1"}})
    with pytest.raises(AdapterError, match="epochs must lie between"):
        load({"parameters": {"epochs": "0"}})


def test_a_record_is_the_same_after_the_disk(adapted: Adapted) -> None:
    rates = Rates(None, {"odd": 0.9}, {"odd": 0.1})
    scores = {"": ((1.0, 2.0), (3.0,)), "odd": ((0.5,), (0.25,))}
    told = Validation("energy", rates, rates, (0, 2), (), {"odd": (0.5, 0.9)}, {"odd": (0.7, 0.1)}, scores)
    for record in (adapted.record, replace(adapted.record, validation=told, asked={"method": "probe"})):
        assert Record.from_json(record.to_json(), "x") == record and record.key == adapted.record.key
    old = {name: value for name, value in asdict(adapted.record).items() if name not in ("validation", "asked")}
    assert Record.from_json(json.dumps(old), "x") == adapted.record  # of before they were kept
    for wrong in ({"score": "energy"}, [], "energy"):
        with pytest.raises(AdapterError, match="is damaged: its header cannot be read"):
            Record.from_json(json.dumps({**old, "validation": wrong}), "x")
    assert adapted.record.versions.keys() == {"ood_studio", "torch", "format"}


def test_a_training_goes_on_from_the_disk(adapted: Adapted, caplog: pytest.LogCaptureFixture) -> None:
    assert kept_state("k") is None
    adapter, backbone, material = Probe(epochs=4), SmallBackbone(), small_material()
    with closing(adapter.train(backbone, material, seed=2)) as epochs:
        state = next(epoch.state for epoch in epochs if epoch.number == 2)
    assert state is not None
    keep_state("k", state)
    resumed = kept_state("k")
    assert resumed is not None and (resumed.epoch, resumed.step) == (2, 0)
    keep_state("k", replace(state, step=3))
    assert (within := kept_state("k")) is not None and (within.epoch, within.step) == (2, 3)
    *_, last = adapter.train(backbone, material, seed=2, resume=resumed)
    whole = adapter.fit(backbone, material, seed=2)
    assert all(torch.equal(last.adapted.tensors[name], tensor) for name, tensor in whole.tensors.items())
    assert last.adapted.record == whole.record
    (path,) = KEPT["unfinished"].place.iterdir()
    path.write_bytes(path.read_bytes()[:-4])
    assert kept_state("k") is None and "it begins anew" in caplog.text
    forget_state("k")
    assert not path.exists()
