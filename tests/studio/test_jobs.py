"""Jobs: lanes, progress, stopping, joining, failing, and what memory they keep."""

from __future__ import annotations

import contextvars
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import LACKS_MEMORY
from ood_studio.core.progress import Progress
from ood_studio.studio.job_memory import bytes_of
from ood_studio.studio.jobs import Jobs, Work
from ood_studio.studio.lanes import ANSWER, SET, Lane

PATIENCE = 60  # seconds


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(results=3, jobs=4, fresh=0)
    yield jobs
    jobs.close(PATIENCE)


def steps(go: threading.Event, count: int = 3, what: Any = None) -> Work:
    """Work that goes on only while ``go`` is set, and tells its progress meanwhile."""

    def work(progress: Progress) -> Iterator[Any]:
        for i in range(count):
            while not go.wait(0.01):
                progress("waiting", i, count)
            yield i if what is None else what

    return work


def at_once(result: Any) -> Work:
    def work(progress: Progress) -> Iterator[Any]:
        yield result

    return work


def until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_job_tells_its_progress_and_its_results_so_far(jobs: Jobs) -> None:
    go = threading.Event()

    def work(progress: Progress) -> Iterator[str]:
        progress("drawing", 3, 8)
        yield "half"
        go.wait(PATIENCE)
        yield "whole"

    job = jobs.start("me", work, lane=SET, title="a set", kind="set")
    half = jobs.wait("me", job.id, PATIENCE, after=0)
    assert half is not None and (half.state, half.stage, half.done, half.total) == ("running", "drawing", 3, 8)
    assert half.result == "half" and half.version == 1 and not half.over and half.started > 0
    assert [each.title for each in jobs.of("me", SET)] == ["a set"] and not jobs.of("me", ANSWER)
    go.set()
    whole = jobs.wait("me", job.id, PATIENCE)
    assert whole is not None and whole.state == "finished" and whole.result == "whole" == jobs.result("me", job.id)
    assert whole.ended >= whole.started


def test_nobody_else_sees_stops_or_opens_a_job(jobs: Jobs) -> None:
    go = threading.Event()
    job = jobs.start("me", steps(go), lane=SET)
    until(lambda: jobs.get("me", job.id).state == "running")  # type: ignore[union-attr]
    assert jobs.get("you", job.id) is None and jobs.of("you") == []
    jobs.stop("you", job.id)
    with pytest.raises(StudioError, match="no such result"):
        jobs.result("you", job.id)
    go.set()
    assert jobs.wait("me", job.id, PATIENCE).state == "finished"  # type: ignore[union-attr]


def test_a_lane_works_one_after_the_other_and_beside_other_lanes(jobs: Jobs) -> None:
    go = threading.Event()
    first, second = (jobs.start("me", steps(go), lane=SET) for _ in range(2))
    answer = jobs.start("you", at_once(42), lane=ANSWER)
    assert jobs.wait("you", answer.id, PATIENCE).result == 42  # type: ignore[union-attr]
    until(lambda: jobs.get("me", first.id).state == "running")  # type: ignore[union-attr]
    assert jobs.get("me", second.id).state == "waiting"  # type: ignore[union-attr]
    go.set()
    assert jobs.wait("me", second.id, PATIENCE).state == "finished"  # type: ignore[union-attr]


@pytest.mark.parametrize("waiting", [False, True])
def test_a_stop_counts_while_a_job_runs_and_while_it_waits(jobs: Jobs, waiting: bool) -> None:
    go, ran = threading.Event(), []

    def work(progress: Progress) -> Iterator[int]:
        ran.append(True)
        yield from steps(go)(progress)

    before = jobs.start("me", steps(go), lane=SET) if waiting else None
    job = jobs.start("me", work, lane=SET)
    if not waiting:
        until(lambda: ran)
    jobs.stop("me", job.id)
    assert jobs.wait("me", job.id, PATIENCE).state == "stopped"  # type: ignore[union-attr]
    assert bool(ran) is not waiting
    go.set()
    if before is not None:
        assert jobs.wait("me", before.id, PATIENCE).state == "finished"  # type: ignore[union-attr]


def test_work_that_never_tells_its_progress_is_stopped_between_results(jobs: Jobs) -> None:
    begun = threading.Event()

    def work(progress: Progress) -> Iterator[int]:
        for i in range(10**9):
            begun.set()
            time.sleep(0.001)
            yield i

    job = jobs.start("me", work, lane=SET)
    begun.wait(PATIENCE)
    jobs.stop("me", job.id)
    assert jobs.wait("me", job.id, PATIENCE).state == "stopped"  # type: ignore[union-attr]


def test_the_same_work_is_done_once_and_one_persons_stop_is_not_anothers(jobs: Jobs) -> None:
    go = threading.Event()
    mine = jobs.start("me", steps(go), lane=SET, key=("bench", 1))
    yours = jobs.start("you", steps(go), lane=SET, key=("bench", 1))
    other = jobs.start("you", steps(go), lane=SET, key=("bench", 2))
    assert mine.id == yours.id != other.id
    jobs.stop("me", mine.id)
    assert jobs.get("me", mine.id).state == "stopped"  # type: ignore[union-attr]
    go.set()
    assert jobs.wait("you", yours.id, PATIENCE).state == "finished"  # type: ignore[union-attr]
    again = jobs.start("me", at_once(9), lane=SET, key=("bench", 1))
    assert again.id != mine.id and jobs.wait("me", again.id, PATIENCE).result == 9  # type: ignore[union-attr]


def test_who_stopped_may_join_again_while_it_runs_for_another(jobs: Jobs) -> None:
    go = threading.Event()
    mine = jobs.start("me", steps(go), lane=SET, key=1)
    jobs.start("you", steps(go), lane=SET, key=1)
    jobs.stop("me", mine.id)
    assert jobs.start("me", steps(go), lane=SET, key=1).id == mine.id
    jobs.stop("you", mine.id)
    go.set()
    assert jobs.wait("me", mine.id, PATIENCE).state == "finished"  # type: ignore[union-attr]


def test_a_failed_job_says_why_and_keeps_what_had_come(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def refused(progress: Progress) -> Iterator[int]:
        yield 1
        raise StudioError("there is no such suite")

    def broken(progress: Progress) -> Iterator[int]:
        yield from ()
        raise KeyError("x")

    first, second = jobs.start("me", refused, lane=SET), jobs.start("me", broken, lane=SET, title="odd")
    told = jobs.wait("me", first.id, PATIENCE)
    assert told is not None and (told.state, told.note, told.result) == ("failed", "there is no such suite", 1)
    told = jobs.wait("me", second.id, PATIENCE)
    assert told is not None and told.note == "something went wrong that should not have (KeyError: 'x')"
    assert "the job “odd” failed" in caplog.text
    assert jobs.wait("me", jobs.start("me", at_once(1), lane=SET).id, PATIENCE).state == "finished"  # type: ignore[union-attr]


def test_old_results_leave_the_memory_and_are_opened_again(jobs: Jobs) -> None:
    first = jobs.start("me", at_once("kept"), lane=ANSWER, reopen=lambda: "from disk")
    second = jobs.start("me", at_once("kept"), lane=ANSWER, title="lost one")
    for job in (first, second):
        jobs.wait("me", job.id, PATIENCE)
    newer = [jobs.start("you", at_once(i), lane=ANSWER) for i in range(3)]
    for job in newer:
        jobs.wait("you", job.id, PATIENCE)
    assert jobs.get("me", first.id).dropped and jobs.get("me", first.id).result is None  # type: ignore[union-attr]
    assert jobs.result("me", first.id) == "from disk"
    with pytest.raises(StudioError, match="“lost one” had to leave the memory; start it again"):
        jobs.result("me", second.id)
    assert [jobs.result("you", job.id) for job in newer] == [0, 1, 2]


def test_many_who_ask_at_once_all_fetch_their_results() -> None:
    jobs = Jobs(results=3)
    asked = [jobs.start(f"person {n}", at_once(n), lane=ANSWER) for n in range(50)]
    for n, job in enumerate(asked):
        jobs.wait(f"person {n}", job.id, PATIENCE)
    until(lambda: not jobs._waiting or not any(jobs._waiting.values()))
    assert [jobs.result(f"person {n}", job.id) for n, job in enumerate(asked)] == [*range(50)]
    jobs.close(PATIENCE)


def test_memory_is_bounded_by_bytes_and_lists_by_their_length() -> None:
    jobs = Jobs(memory=3000, jobs=4)
    for _ in range(6):  # one after the other: of two at once either may be the last to end
        job = jobs.start("me", at_once(np.zeros(2000, np.uint8)), lane=ANSWER)
        jobs.wait("me", job.id, PATIENCE)
    until(lambda: len(jobs.of("me")) == 4)
    assert [job.dropped for job in jobs.of("me")].count(False) == 1
    jobs.forget("me", jobs.of("me")[0].id)
    assert len(jobs.of("me")) == 3
    jobs.close(PATIENCE)


def test_who_leaves_stops_their_work_and_is_forgotten(jobs: Jobs) -> None:
    go = threading.Event()
    mine = jobs.start("me", steps(go), lane=SET, key=1)
    jobs.start("you", steps(go), lane=SET, key=1)
    waiting = jobs.start("me", steps(go), lane=SET)
    jobs.leave("me")
    assert jobs.of("me") == [] and jobs.get("me", waiting.id) is None
    assert jobs.get("you", mine.id).state in ("waiting", "running")  # type: ignore[union-attr]
    jobs.leave("you")
    until(lambda: not jobs._records)


def test_closing_stops_everything_and_takes_nothing_more() -> None:
    jobs, go = Jobs(), threading.Event()
    made = [jobs.start("me", steps(go), lane=lane) for lane in (SET, SET, ANSWER)]
    jobs.close(PATIENCE)
    assert {jobs.get("me", job.id).state for job in made} == {"stopped"}  # type: ignore[union-attr]
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("-lane")]
    with pytest.raises(StudioError, match="closing"):
        jobs.start("me", at_once(1), lane=SET)


def test_many_threads_start_stop_and_join_without_losing_anything() -> None:
    jobs, go = Jobs(jobs=1000), threading.Event()
    go.set()
    ended: list[str] = []

    def person(name: str) -> None:
        for i in range(25):
            job = jobs.start(name, steps(go, 2), lane=(SET, ANSWER)[i % 2], key=i % 5)
            if i % 3 == 0:
                jobs.stop(name, job.id)
            ended.append(jobs.wait(name, job.id, PATIENCE).state)  # type: ignore[union-attr]

    people = [threading.Thread(target=person, args=(f"person {i}",)) for i in range(8)]
    for each in people:
        each.start()
    for each in people:
        each.join(PATIENCE)
    assert len(ended) == 200 and set(ended) <= {"finished", "stopped"} and ended.count("finished") > 50
    jobs.close(PATIENCE)


def test_work_runs_in_the_context_of_who_asked_and_stands_back(jobs: Jobs) -> None:
    who: contextvars.ContextVar[str] = contextvars.ContextVar("who")
    who.set("me")
    usual = os.getpriority(os.PRIO_PROCESS, 0) if sys.platform == "linux" else 0

    def work(progress: Progress) -> Iterator[Any]:
        nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 7
        yield who.get(), nice

    job = jobs.start("me", work, lane=Lane("polite", 1, 7))
    assert jobs.wait("me", job.id, PATIENCE).result == ("me", min(19, usual + 7))  # type: ignore[union-attr]


def test_the_memory_of_results_is_counted() -> None:
    @dataclass(frozen=True)
    class Result:
        scores: dict[str, Any]
        name: str = "abc"

    found = Result({"a": np.zeros((10, 3), np.float32), "b": [torch.zeros(5), Image.new("RGB", (4, 2))]})
    assert bytes_of(found) == 120 + 20 + 24 + 3
    assert bytes_of(None) == bytes_of(3) == bytes_of(len) == 0


def test_a_disk_that_refuses_is_a_sentence_without_a_path(jobs: Jobs) -> None:
    def work(progress: Progress) -> Iterator[Any]:
        yield from ()
        raise OSError(28, "No space left on device", "/srv/secret/file")

    done = jobs.wait("me", jobs.start("me", work, lane=SET).id, PATIENCE)
    assert done is not None and done.note == "a file could not be read or written here (No space left on device)"


def test_a_lack_of_memory_is_a_sentence_and_what_had_come_stays(jobs: Jobs) -> None:
    def work(progress: Progress) -> Iterator[Any]:
        yield "half"
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    done = jobs.wait("me", jobs.start("me", work, lane=SET).id, PATIENCE)
    assert done is not None and (done.result, done.note) == ("half", LACKS_MEMORY)


class Large:
    """Stands for what is large."""


def test_an_ended_job_holds_nothing_of_its_work(jobs: Jobs) -> None:
    variable: contextvars.ContextVar[Large] = contextvars.ContextVar("variable")

    def begin() -> weakref.ref[Large]:
        held = Large()
        variable.set(held)

        def work(progress: Progress) -> Iterator[Any]:
            yield held.__doc__

        jobs.start("me", work, lane=ANSWER)
        return weakref.ref(held)

    left = contextvars.copy_context().run(begin)
    until(lambda: jobs.of("me")[0].over)
    gc.collect()
    until(lambda: left() is None)
