from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.progress import Progress, Stopped, silent, stoppable
from ood_studio.features import texts
from ood_studio.features.texts import TextPart, text_features

WORDS = tuple(f"word {i}" for i in range(600))
NOUNS = TextPart(("the nice {}",), WORDS)
PARTS = [NOUNS, TextPart(("This is a {} photo",), ("red", "blue"))]
PLP = ("a photo of a {}.", "a blurry photo of a {}.", "a photo of many {}.")


def under(*templates: str) -> list[TextPart]:
    """The same words under other templates."""
    return [TextPart(templates, WORDS), PARTS[1]]


def stopping(stop: Callable[[], bool]) -> Progress:
    """Progress of a person who presses Stop."""
    return stoppable(silent, stop)


def files(cache: Path) -> list[Path]:
    return sorted((cache / "text").glob("*")) if (cache / "text").exists() else []


def test_prompt_by_part_of_speech_and_kept(backbone: Any, own_cache: Path, again: Any) -> None:
    first = text_features(backbone, PARTS)
    torch.testing.assert_close(first[3], backbone.vector("the nice word 3"))
    torch.testing.assert_close(first[601], backbone.vector("This is a blue photo"))
    assert text_features(backbone, PARTS) is first
    assert len(backbone.asked) == 602
    later = again()
    assert torch.equal(text_features(later, PARTS), first)
    assert len(later.asked) == 2  # a handful of adjectives is not worth a file
    assert [path.suffix for path in files(own_cache)] == [".safetensors"]


def test_several_templates_are_averaged(backbone: Any) -> None:
    found = text_features(backbone, [TextPart(PLP, ("cat",))])
    vectors = torch.stack([backbone.vector(template.format("cat")) for template in PLP])
    torch.testing.assert_close(found[0], F.normalize(F.normalize(vectors, dim=1).mean(0), dim=0))


def test_key_is_backbone_prompts_and_words(backbone: Any, again: Any) -> None:
    kept = text_features(backbone, PARTS)
    other = again("fake-2")
    text_features(other, PARTS)
    assert len(other.asked) == 602
    reworded = again()
    assert not torch.equal(text_features(reworded, under("a {}")), kept)
    assert len(reworded.asked) == 602


def test_other_choice_of_words_encodes_only_the_rest(backbone: Any, own_cache: Path, again: Any) -> None:
    text_features(backbone, PARTS)
    part = again()
    found = text_features(part, [NOUNS._replace(words=WORDS[400:200:-1])])
    assert part.asked == [] and len(files(own_cache)) == 1
    torch.testing.assert_close(found[0], part.vector("the nice word 400"))
    more = again()
    found = text_features(more, [NOUNS._replace(words=("new", *WORDS[:300], "newer"))])
    assert more.asked == ["the nice new", "the nice newer"]
    torch.testing.assert_close(
        found, torch.stack([more.vector(f"the nice {w}") for w in ["new", *WORDS[:300], "newer"]])
    )
    assert len(files(own_cache)) == 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "shape"])
def test_damaged_file_is_named_and_rebuilt(
    backbone: Any, own_cache: Path, caplog: pytest.LogCaptureFixture, damage: str, again: Any
) -> None:
    first = text_features(backbone, PARTS)
    (path,) = files(own_cache)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[-100] ^= 1
    elif damage in ("empty", "text"):
        content = bytearray(b"" if damage == "empty" else b"not a tensor in sight")
    else:
        text_features(again(dim=4), under("x {}"))
        content = bytearray(next(other for other in files(own_cache) if other != path).read_bytes())
    path.write_bytes(content)
    later = again()
    with caplog.at_level(logging.WARNING):
        assert torch.equal(text_features(later, PARTS), first)
    assert path.name in caplog.text and "damaged" in caplog.text
    assert len(later.asked) == 602
    caplog.clear()
    assert torch.equal(text_features(again(), PARTS), first)
    assert not caplog.records


def test_disk_that_refuses_costs_a_warning(
    backbone: Any, own_cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, again: Any
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert text_features(backbone, PARTS).shape == (602, 8)
    assert "No space left" in caplog.text
    assert files(own_cache) == []  # nothing half-written either
    caplog.clear()
    monkeypatch.undo()
    own_cache.parent.joinpath("file").write_text("")
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(own_cache.parent / "file"))  # no folder can be made there
    assert text_features(again(), PARTS).shape == (602, 8)
    assert "could not be kept" in caplog.text


def test_longest_unused_files_make_room(
    backbone: Any, own_cache: Path, monkeypatch: pytest.MonkeyPatch, again: Any
) -> None:
    chosen = [under(f"{name} {{}}") for name in ("first", "second", "third")]
    for age, prompts in enumerate(chosen[:2]):
        text_features(backbone, prompts)
        for path in files(own_cache):
            os.utime(path, (1e9 + age, 1e9 + age))
    most = 2.5 * files(own_cache)[0].stat().st_size
    monkeypatch.setitem(KEPT, "text", replace(KEPT["text"], most=most))
    text_features(again(), chosen[0])  # reading counts as use
    text_features(backbone, chosen[2])
    assert len(files(own_cache)) == 2
    for prompts, encoded in ((chosen[0], 2), (chosen[2], 2), (chosen[1], 602)):
        later = again()
        text_features(later, prompts)
        assert len(later.asked) == encoded


def test_progress_and_both_ways_to_stop(backbone: Any, own_cache: Path, again: Any) -> None:
    seen: list[tuple[int, int]] = []
    text_features(backbone, PARTS, lambda stage, done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[0] == (0, 602) and seen[-1] == (602, 602) and len(seen) >= 4

    class Enough(Exception):
        pass

    def enough(stage: str, done: int, total: int) -> None:
        if done:
            raise Enough

    fresh = again("fake-2")
    with pytest.raises(Enough):
        text_features(fresh, PARTS, enough)
    with pytest.raises(Stopped):
        text_features(fresh, PARTS, stopping(lambda: len(fresh.asked) > 256))
    assert len(files(own_cache)) == 1  # of the first backbone
    assert len(text_features(fresh, PARTS)) == 602


MANY = TextPart(("the nice {}",), tuple(f"word {i}" for i in range(2_600)))


class Killed(BaseException):
    """What nobody in here handles."""


def test_words_are_written_as_they_come(
    backbone: Any, own_cache: Path, again: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_BATCH", 300)
    monkeypatch.setattr(texts, "_KEEP_EVERY", 700)
    held: list[int] = []

    def watch(stage: str, done: int, total: int) -> None:
        held.append(len(files(own_cache)))

    expected = text_features(backbone, [MANY], watch)
    assert max(held) == 2 and len(files(own_cache)) == 1  # whole, the parts are gone
    # A process that dies loses what came since the last file, and nothing else.
    fresh = again("fake-2")
    with pytest.raises(Killed):
        text_features(fresh, [MANY], killing(2_000))  # at which moment nothing waits to be written
    monkeypatch.undo()
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(own_cache))
    later = again("fake-2")
    assert torch.equal(text_features(later, [MANY]), expected)
    assert len(later.asked) == 2_600 - 1_800 and len(files(own_cache)) == 2
    whole = again("fake-2")
    assert torch.equal(text_features(whole, [MANY]), expected) and whole.asked == []


def killing(at: int) -> Progress:
    """Progress in which the process dies."""

    def progress(stage: str, done: int, total: int) -> None:
        if done >= at:
            raise Killed

    return progress


def test_a_slow_model_writes_by_the_minute(backbone: Any, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_BATCH", 100)
    monkeypatch.setattr(texts, "_KEEP_SECONDS", 0.0)
    with pytest.raises(Killed):
        text_features(backbone, [NOUNS], killing(250))
    assert len(files(own_cache)) == 3


def test_stopping_keeps_what_was_done(
    backbone: Any, own_cache: Path, again: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_BATCH", 150)
    with pytest.raises(Stopped):
        text_features(backbone, [NOUNS], stopping(lambda: len(backbone.asked) >= 450))
    later = again()
    assert text_features(later, [NOUNS]).shape == (600, 8) and len(later.asked) == 150


def test_a_full_disk_is_said_once_while_words_come(
    backbone: Any, own_cache: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_BATCH", 100)
    monkeypatch.setattr(texts, "_KEEP_EVERY", 100)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert text_features(backbone, [NOUNS]).shape == (600, 8)
    assert caplog.text.count("No space left") == 2  # at the first words, and at the end


def test_progress_counts_words_within_a_batch_of_several_templates(backbone: Any) -> None:
    seen: list[int] = []
    text_features(backbone, [TextPart(PLP, WORDS)], lambda stage, done, total: seen.append(done))
    assert seen == sorted(seen) and len(seen) >= 10 and seen[-1] == 600
    assert max(b - a for a, b in pairwise(seen)) <= 256 // len(PLP) + 1
    with pytest.raises(Stopped):  # before all words are through the first template
        text_features(backbone, [TextPart(PLP, tuple(f"other {i}" for i in range(600)))], stopping(soon()))
    assert len(backbone.asked) < 3 * 600 + 600


def soon() -> Callable[[], bool]:
    """True from the fourth time on."""
    asked = iter(range(10**6))
    return lambda: next(asked) > 2


def test_two_threads_encode_once(backbone: Any) -> None:
    backbone.hold.clear()
    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(text_features, backbone, PARTS) for _ in range(3)]
        backbone.hold.set()
        results = [job.result(10) for job in jobs]
    assert len(backbone.asked) == 602
    assert results[0] is results[1] is results[2]


def test_waiting_thread_takes_over_and_can_be_stopped(backbone: Any) -> None:
    backbone.hold.clear()
    stop_first, at_work = threading.Event(), threading.Event()

    def told(stage: str, done: int, total: int) -> None:
        at_work.set()
        if stop_first.is_set():
            raise Stopped("first")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(text_features, backbone, PARTS, told)
        assert at_work.wait(10)
        second = pool.submit(text_features, backbone, PARTS)
        with pytest.raises(Stopped, match="stopped while encoding words"):
            text_features(backbone, PARTS, stopping(lambda: True))  # while the first is still held
        stop_first.set()
        backbone.hold.set()
        with pytest.raises(Stopped, match="first"):
            first.result(10)
        assert second.result(10).shape == (602, 8)


def test_bad_features_are_refused_and_not_kept(own_cache: Path, again: Any) -> None:
    broken = again()
    broken.vector = lambda text: torch.full((8,), torch.nan)
    with pytest.raises(StudioError, match="not finite"):
        text_features(broken, PARTS)
    broken.vector = lambda text: torch.ones(5)
    with pytest.raises(StudioError, match=r"\(600, 5\), not \(600, 8\)"):
        text_features(broken, PARTS)
    assert files(own_cache) == []


def test_parts_without_words_and_words_that_repeat(again: Any) -> None:
    backbone = again()
    assert text_features(backbone, [NOUNS._replace(words=()), PARTS[1]]).shape == (2, 8)
    assert text_features(backbone, []).shape == (0, 8)
    many = [NOUNS._replace(words=tuple(f"label {i % 120}\n" for i in range(150)))]  # line ends do no harm
    first = text_features(backbone, many)
    assert torch.equal(first[0], first[120])
    later = again()
    assert torch.equal(text_features(later, many), first) and later.asked == []


def test_a_key_stands_for_the_words(backbone: Any) -> None:
    first = text_features(backbone, PARTS, key="my corpus")
    assert text_features(backbone, PARTS, key="my corpus") is first
    assert text_features(backbone, PARTS, key="another") is not first
    assert text_features(backbone, under("a {}"), key="my corpus") is not first
