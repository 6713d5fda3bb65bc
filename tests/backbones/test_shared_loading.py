"""Models and tokenizers that several threads ask for at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from ood_studio.backbones import (
    Backbone,
    load_backbone,
    open_clip_model,
)
from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Stopped, silent, stoppable


def test_two_threads_load_one_model_once(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    build = open_clip_model._build

    def slow(*args: Any) -> Any:
        loads.append(args)
        time.sleep(0.2)
        return build(*args)

    monkeypatch.setattr(open_clip_model, "_build", slow)
    pool: KeyedCache[Backbone] = KeyedCache()
    got: list[Backbone] = []
    name = f"open_clip:local-dir:{checkpoints['vit']}"
    threads = [threading.Thread(target=lambda: got.append(load_backbone(name, "cpu", pool=pool))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1 and len(got) == 4 and len(set(map(id, got))) == 1


def test_waiting_for_anothers_load_can_be_stopped(
    checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    build = open_clip_model._build

    def held(*args: Any) -> Any:
        begun.set()
        assert go.wait(20)
        return build(*args)

    monkeypatch.setattr(open_clip_model, "_build", held)
    pool: KeyedCache[Backbone] = KeyedCache()
    name = f"open_clip:local-dir:{checkpoints['vit']}"
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(load_backbone, name, "cpu", pool=pool)
        assert begun.wait(20)
        with pytest.raises(Stopped, match="stopped while waiting for open_clip:local-dir"):
            load_backbone(name, "cpu", pool=pool, progress=stoppable(silent, lambda: True))
        go.set()
        assert load_backbone(name, "cpu", pool=pool) is first.result(20)


def test_threads_share_a_tokenizer(checkpoints: dict[str, Path]) -> None:
    backbone = load_backbone(f"open_clip:local-dir:{checkpoints['vit']}", device="cpu", pool=KeyedCache())
    texts = [f"a bird {i}" for i in range(200)]
    expected, results = backbone.encode_text(texts), []
    threads = [threading.Thread(target=lambda: results.append(backbone.encode_text(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        torch.testing.assert_close(result, expected)
