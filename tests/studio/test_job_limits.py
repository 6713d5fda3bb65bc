"""How long jobs will take, how long they may, and how many are taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Pace, Progress
from ood_studio.studio.jobs import Jobs
from ood_studio.studio.lanes import ANSWER, SET
from tests.studio.test_jobs import PATIENCE, jobs, steps, until

__all__ = ["jobs"]


def test_a_stage_says_how_long_it_will_take_by_what_this_run_did_of_it() -> None:
    now = [100.0]
    pace = Pace(lambda: now[0])
    assert pace.left("encoding words", 30_000, 70_000) is None  # these were there before
    now[0] += 1
    assert pace.left("encoding words", 30_100, 70_000) is None  # too early
    now[0] += 9
    assert pace.left("encoding words", 31_000, 70_000) == pytest.approx(10 * 39_000 / 1_000)
    assert pace.left("drawing", 0, 10) is None
    now[0] += 10
    assert pace.left("drawing", 5, 10) == pytest.approx(10)
    assert pace.left("drawing", 0, 10) is None  # begun again


def test_a_running_job_says_what_is_left(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ood_studio.core.progress._EARLY", 0.0)
    go = threading.Event()

    def work(progress: Progress) -> Iterator[str]:
        progress("encoding words", 0, 70_000)
        time.sleep(0.02)
        progress("encoding words", 1, 70_000)
        yield "so far"
        go.wait(PATIENCE)

    job = jobs.wait("me", jobs.start("me", work, lane=ANSWER).id, PATIENCE, after=0)
    assert job is not None and job.left is not None and job.left >= 0.02 * 69_999
    go.set()


def test_one_who_asks_for_much_waits_and_a_full_lane_takes_no_more() -> None:
    jobs, go = Jobs(each=2, waiting=2), threading.Event()
    try:
        first = [jobs.start("me", steps(go), lane=SET, key=i) for i in range(2)]
        until(lambda: jobs.get("me", first[0].id).state == "running")  # type: ignore[union-attr]
        with pytest.raises(StudioError, match="2 of your jobs are under way already; stop one, or wait"):
            jobs.start("me", steps(go), lane=SET)
        assert jobs.start("me", steps(go), lane=SET, key=1).id == first[1].id  # joining costs nothing
        jobs.start("you", steps(go), lane=SET)
        with pytest.raises(StudioError, match="too many people wait for this server"):
            jobs.start("they", steps(go), lane=SET)
        jobs.start("they", steps(go), lane=ANSWER)  # another lane has room
        jobs.stop("me", first[1].id)
        jobs.start("me", steps(go), lane=SET)
    finally:
        jobs.close(PATIENCE)


def test_a_job_takes_no_longer_than_it_may() -> None:
    jobs = Jobs(longest=0.05)
    job = jobs.start("me", steps(threading.Event()), lane=SET)
    done = jobs.wait("me", job.id, PATIENCE)
    assert done is not None and done.state == "failed" and "the most on this server" in done.note
    jobs.close(PATIENCE)
