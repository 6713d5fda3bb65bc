from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped
from ood_studio.features import texts as text_features
from ood_studio.features.texts import class_features, corpus_features
from ood_studio.labels.corpora import Corpus
from ood_studio.labels.prompts import custom_prompts, prompt_set

NICE = prompt_set("neglabel")
WORDS = [f"word {i}" for i in range(600)]
CORPUS = Corpus.of("test", WORDS, ["red", "blue"])


def files(cache: Path) -> list[Path]:
    return sorted((cache / "text").glob("*")) if (cache / "text").exists() else []


def test_prompt_by_part_of_speech_and_kept(backbone: Any, own_cache: Path, again: Any) -> None:
    first = corpus_features(backbone, CORPUS, NICE)
    torch.testing.assert_close(first[3], backbone.vector("the nice word 3"))
    torch.testing.assert_close(first[601], backbone.vector("This is a blue photo"))
    assert corpus_features(backbone, CORPUS, NICE) is first
    assert len(backbone.asked) == 602
    later = again()
    assert torch.equal(corpus_features(later, CORPUS, NICE), first)
    assert len(later.asked) == 2  # a handful of adjectives is not worth a file
    assert [path.suffix for path in files(own_cache)] == [".safetensors"]


def test_several_templates_are_averaged(backbone: Any) -> None:
    found = class_features(backbone, ["cat"], prompt_set("plp"))
    vectors = torch.stack([backbone.vector(texts[0]) for texts in prompt_set("plp").texts(["cat"], "id")])
    torch.testing.assert_close(found[0], F.normalize(F.normalize(vectors, dim=1).mean(0), dim=0))


def test_key_is_backbone_prompts_and_words(backbone: Any, again: Any) -> None:
    kept = corpus_features(backbone, CORPUS, NICE)
    other = again("fake-2")
    corpus_features(other, CORPUS, NICE)
    assert len(other.asked) == 602
    reworded = again()
    assert not torch.equal(corpus_features(reworded, CORPUS, custom_prompts("a {}")), kept)
    assert len(reworded.asked) == 602
    only_id = again()
    corpus_features(only_id, CORPUS, custom_prompts("a {}", noun="the nice {}", adjective="This is a {} photo"))
    assert len(only_id.asked) == 2  # the prompt for ID labels has nothing to do with the corpus


def test_other_choice_of_words_encodes_only_the_rest(backbone: Any, own_cache: Path, again: Any) -> None:
    corpus_features(backbone, CORPUS, NICE)
    part = again()
    found = corpus_features(part, Corpus.of("part", WORDS[400:200:-1]), NICE)
    assert part.asked == [] and len(files(own_cache)) == 1
    torch.testing.assert_close(found[0], part.vector("the nice word 400"))
    more = again()
    found = corpus_features(more, Corpus.of("more", ["new", *WORDS[:300], "newer"]), NICE)
    assert more.asked == ["the nice new", "the nice newer"]
    torch.testing.assert_close(
        found, torch.stack([more.vector(f"the nice {w}") for w in ["new", *WORDS[:300], "newer"]])
    )
    assert len(files(own_cache)) == 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "shape"])
def test_damaged_file_is_named_and_rebuilt(
    backbone: Any, own_cache: Path, caplog: pytest.LogCaptureFixture, damage: str, again: Any
) -> None:
    first = corpus_features(backbone, CORPUS, NICE)
    (path,) = files(own_cache)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[-100] ^= 1
    elif damage in ("empty", "text"):
        content = bytearray(b"" if damage == "empty" else b"not a tensor in sight")
    else:
        corpus_features(again(dim=4), CORPUS, custom_prompts("x {}"))
        content = bytearray(next(other for other in files(own_cache) if other != path).read_bytes())
    path.write_bytes(content)
    later = again()
    with caplog.at_level(logging.WARNING):
        assert torch.equal(corpus_features(later, CORPUS, NICE), first)
    assert path.name in caplog.text and "damaged" in caplog.text
    assert len(later.asked) == 602
    caplog.clear()
    assert torch.equal(corpus_features(again(), CORPUS, NICE), first)
    assert not caplog.records


def test_disk_that_refuses_costs_a_warning(
    backbone: Any, own_cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, again: Any
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert corpus_features(backbone, CORPUS, NICE).shape == (602, 8)
    assert "No space left" in caplog.text
    assert files(own_cache) == []  # nothing half-written either
    caplog.clear()
    monkeypatch.undo()
    own_cache.parent.joinpath("file").write_text("")
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(own_cache.parent / "file"))  # no folder can be made there
    assert corpus_features(again(), CORPUS, NICE).shape == (602, 8)
    assert "could not be kept" in caplog.text


def test_longest_unused_files_make_room(
    backbone: Any, own_cache: Path, monkeypatch: pytest.MonkeyPatch, again: Any
) -> None:
    chosen = [custom_prompts(f"{name} {{}}") for name in ("first", "second", "third")]
    for age, prompts in enumerate(chosen[:2]):
        corpus_features(backbone, CORPUS, prompts)
        for path in files(own_cache):
            os.utime(path, (1e9 + age, 1e9 + age))
    monkeypatch.setattr(text_features, "_DISK_BYTES", 2.5 * files(own_cache)[0].stat().st_size)
    corpus_features(again(), CORPUS, chosen[0])  # reading counts as use
    corpus_features(backbone, CORPUS, chosen[2])
    assert len(files(own_cache)) == 2
    for prompts, encoded in ((chosen[0], 2), (chosen[2], 2), (chosen[1], 602)):
        later = again()
        corpus_features(later, CORPUS, prompts)
        assert len(later.asked) == encoded


def test_progress_and_both_ways_to_stop(backbone: Any, own_cache: Path, again: Any) -> None:
    seen: list[tuple[int, int]] = []
    corpus_features(backbone, CORPUS, NICE, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[0] == (0, 602) and seen[-1] == (602, 602) and len(seen) >= 4

    class Enough(Exception):
        pass

    def enough(done: int, total: int) -> None:
        if done:
            raise Enough

    fresh = again("fake-2")
    with pytest.raises(Enough):
        corpus_features(fresh, CORPUS, NICE, progress=enough)
    with pytest.raises(Stopped):
        corpus_features(fresh, CORPUS, NICE, stop=lambda: len(fresh.asked) > 256)
    assert len(files(own_cache)) == 1  # of the first backbone
    assert len(corpus_features(fresh, CORPUS, NICE)) == 602


def test_two_threads_encode_once(backbone: Any) -> None:
    backbone.hold.clear()
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(corpus_features, backbone, CORPUS, NICE) for _ in range(3)]
        backbone.hold.set()
        results = [job.result(10) for job in jobs]
    assert len(backbone.asked) == 602
    assert results[0] is results[1] is results[2]


def test_waiting_thread_takes_over_and_can_be_stopped(backbone: Any) -> None:
    backbone.hold.clear()
    stop_first, at_work = threading.Event(), threading.Event()

    def told(done: int, total: int) -> None:
        at_work.set()
        if stop_first.is_set():
            raise Stopped("first")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(corpus_features, backbone, CORPUS, NICE, progress=told)
        assert at_work.wait(10)
        second = pool.submit(corpus_features, backbone, CORPUS, NICE)
        with pytest.raises(Stopped, match="stopped before"):
            corpus_features(backbone, CORPUS, NICE, stop=lambda: True)  # while the first is still held
        stop_first.set()
        backbone.hold.set()
        with pytest.raises(Stopped, match="first"):
            first.result(10)
        assert second.result(10).shape == (602, 8)


def test_memory_drops_the_longest_unused() -> None:
    shared = text_features._Shared(limit=100)
    for name in ("a", "b"):
        shared.put(name, torch.zeros(12))
    shared.get("a")
    shared.put("c", torch.zeros(12))
    assert [shared.get(name) is not None for name in "abc"] == [True, False, True]


def test_bad_features_are_refused_and_not_kept(own_cache: Path, again: Any) -> None:
    broken = again()
    broken.vector = lambda text: torch.full((8,), torch.nan)
    with pytest.raises(StudioError, match="not finite"):
        corpus_features(broken, CORPUS, NICE)
    broken.vector = lambda text: torch.ones(5)
    with pytest.raises(StudioError, match=r"\(256, 5\), not \(256, 8\)"):
        corpus_features(broken, CORPUS, NICE)
    assert files(own_cache) == []


def test_vocabulary_of_one_kind_and_labels(again: Any) -> None:
    backbone = again()
    assert corpus_features(backbone, Corpus.of("x", [], ["red"]), NICE).shape == (1, 8)
    many = [f"label {i % 120}\n" for i in range(150)]  # repeats and line ends do no harm
    first = class_features(backbone, many, NICE)
    assert torch.equal(first[0], first[120])
    later = again()
    assert torch.equal(class_features(later, many, NICE), first) and later.asked == []
