"""Work that goes on while whoever asked for it looks elsewhere: with progress, a stop, and the result so far.

Work runs in lanes: an answer to one picture waits neither for somebody's benchmark nor for a set being made.
"""

from __future__ import annotations

import contextvars
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import what_went_wrong
from ood_studio.core.progress import Pace, Progress, Stopped, heard
from ood_studio.core.workers import stand_back
from ood_studio.studio.job_memory import bytes_of
from ood_studio.studio.lanes import Lane

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "finished", "stopped", "failed"]
Work = Callable[[Progress], Iterator[Any]]
"""What a job does: yields the result so far, the whole at last; `Stopped` from the progress ends it."""


@dataclass(frozen=True)
class Job:
    """A job as it stands at a moment.

    Attributes:
        id: names it; nobody can guess it.
        kind: what made it, such as ``bench``.
        title: a line for people.
        state: ``waiting`` for its lane, ``running``, or how it ended.
        stage, done, total: where it is, as told to its `Progress`.
        left: seconds that the stage will still take, about; None where nobody knows yet.
        note: the sentence why it failed; empty else.
        result: the result so far, the whole where it has finished; None before there is any, or where it was dropped.
        version: how many results there have been.
        dropped: whether the result had to leave the memory; `Jobs.result` opens it again where that can be done.
        started, ended: seconds since 1970; 0 for not yet.
    """

    id: str
    kind: str
    title: str
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    left: float | None = None
    note: str = ""
    result: Any = None
    version: int = 0
    dropped: bool = False
    started: float = 0.0
    ended: float = 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("finished", "stopped", "failed")


class _Record:
    """A job with what only this module knows of it; everything is read and written under the lock of its `Jobs`."""

    def __init__(self, job: Job, lane: Lane, key: Hashable, work: Work, reopen: Callable[[], Any] | None) -> None:
        self.job, self.lane, self.key, self.work, self.reopen = job, lane, key, work, reopen
        self.owners: dict[str, bool] = {}  # whether each still wants it
        self.context = contextvars.copy_context()
        self.bytes = 0

    def wanted(self) -> bool:
        return any(self.owners.values())


class Jobs:
    """All jobs of a process; safe between threads. Each is seen by its owners alone.

    Args:
        results: how many results of ended jobs are kept in memory at most.
        memory: how many bytes they may take together.
        jobs: how many ended jobs each owner's list keeps.
        fresh: seconds in which whoever asked fetches a result: so long it leaves for want of memory alone.
        each: how many jobs an owner may have under way; None for any number.
        waiting: how many may wait in a lane.
        longest: seconds after which a job is ended; None for never.
    """

    def __init__(
        self,
        results: int = 24,
        memory: int = 2**30,
        jobs: int = 30,
        *,
        fresh: float = 60.0,
        each: int | None = None,
        waiting: int | None = None,
        longest: float | None = None,
    ) -> None:
        self._limits, self._fresh = (results, memory, jobs), fresh
        self._each, self._most_waiting, self._longest = each, waiting, longest
        self._changed = threading.Condition()
        self._records: dict[str, _Record] = {}  # oldest first
        self._waiting: dict[str, deque[_Record]] = {}
        self._threads: dict[str, set[threading.Thread]] = {}
        self._closed = False

    def start(
        self,
        owner: str,
        work: Work,
        *,
        lane: Lane,
        title: str = "",
        kind: str = "",
        key: Hashable = None,
        reopen: Callable[[], Any] | None = None,
    ) -> Job:
        """Puts work into a lane.

        Args:
            owner: who asked.
            work: see `Work`; it runs in this call's context variables.
            key: what it comes to. Where a job of this lane and key is under way, the owner joins it.
            reopen: gives the finished result again after it had to leave the memory.

        Raises:
            StudioError: when no more work is taken: the server is closing, or the owner or the lane has too much.
        """
        with self._changed:
            if self._closed:
                raise StudioError("the server is closing; start again later")
            record = self._under_way(lane, key)
            if record is None:
                self._check_room(owner, lane)
                job = Job(secrets.token_urlsafe(12), kind, title)
                record = self._records[job.id] = _Record(job, lane, key, work, reopen)
                self._waiting.setdefault(lane.name, deque()).append(record)
                self._employ(lane)
            record.owners[owner] = True
            return record.job

    def get(self, owner: str, id: str) -> Job | None:
        """A job of this owner; None where there is none, or no longer."""
        with self._changed:
            record = self._records.get(id)
            return None if record is None or owner not in record.owners else self._seen(record, owner)

    def of(self, owner: str, lane: Lane | None = None) -> list[Job]:
        """An owner's jobs, the newest first; of one lane where given."""
        with self._changed:
            mine = [each for each in self._records.values() if owner in each.owners and lane in (None, each.lane)]
            return [self._seen(record, owner) for record in reversed(mine)]

    def wait(self, owner: str, id: str, timeout: float | None = None, after: int | None = None) -> Job | None:
        """A job once it has ended, or has more results than ``after``, or after ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while True:
                job = self.get(owner, id)
                left = None if until is None else until - time.monotonic()
                if job is None or job.over or (after is not None and job.version > after):
                    return job
                if left is not None and left <= 0:
                    return job
                self._changed.wait(left)

    def result(self, owner: str, id: str) -> Any:
        """The result so far, opened again where it had to leave the memory.

        Raises:
            StudioError: if there is none, or it cannot be opened again.
        """
        with self._changed:
            record = self._records.get(id)
            if record is None or owner not in record.owners or (record.job.result is None and not record.job.dropped):
                raise StudioError("there is no such result; start it again")
            if record.job.result is not None:
                return record.job.result
            reopen = record.reopen
        if reopen is None:
            raise StudioError(f"the result of “{record.job.title}” had to leave the memory; start it again")
        return reopen()

    def stop(self, owner: str, id: str) -> None:
        """This owner wants the job no longer; it ends where nobody else does."""
        with self._changed:
            record = self._records.get(id)
            if record is None or owner not in record.owners or record.job.over:
                return
            record.owners[owner] = False
            if not record.wanted() and record.job.state == "waiting":
                self._waiting[record.lane.name].remove(record)
                self._end(record, "stopped")
            self._changed.notify_all()

    def leave(self, owner: str) -> None:
        """Stops all that an owner has under way, and forgets it: they do not come back."""
        for job in self.of(owner):
            self.stop(owner, job.id)
        with self._changed:
            for record in list(self._records.values()):
                record.owners.pop(owner, None)
                if not record.owners and record.job.over:
                    del self._records[record.job.id]

    def forget(self, owner: str, id: str) -> None:
        """Takes an ended job off an owner's list."""
        with self._changed:
            record = self._records.get(id)
            if record is not None and record.job.over:
                record.owners.pop(owner, None)
                if not record.owners:
                    del self._records[id]

    def close(self, timeout: float = 30.0) -> None:
        """Takes no more work, stops all there is, and waits until its threads have ended."""
        with self._changed:
            self._closed = True
            for record in list(self._records.values()):
                for owner in record.owners:
                    self.stop(owner, record.job.id)
            threads = [thread for lane in self._threads.values() for thread in lane]
        until = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _under_way(self, lane: Lane, key: Hashable) -> _Record | None:
        alike = (each for each in self._records.values() if key is not None and (each.lane, each.key) == (lane, key))
        return next((record for record in alike if not record.job.over), None)

    def _check_room(self, owner: str, lane: Lane) -> None:
        mine = sum(not each.job.over and each.owners.get(owner, False) for each in self._records.values())
        if self._each is not None and mine >= self._each:
            raise StudioError(f"{mine} of your jobs are under way already; stop one, or wait")
        if self._most_waiting is not None and len(self._waiting.get(lane.name, ())) >= self._most_waiting:
            raise StudioError("too many people wait for this server; try again in a few minutes")

    @staticmethod
    def _seen(record: _Record, owner: str) -> Job:
        """The job as this owner sees it: stopped for who stopped it, though it may go on for others."""
        stopped = not record.owners[owner] and not record.job.over and record.wanted()
        return replace(record.job, state="stopped") if stopped else record.job

    def _employ(self, lane: Lane) -> None:
        """A thread more for a lane that has room for one; it ends when nothing waits."""
        threads = self._threads.setdefault(lane.name, set())
        if len(threads) < lane.workers:
            thread = threading.Thread(target=self._work, args=(lane,), name=f"{lane.name}-lane", daemon=True)
            threads.add(thread)
            thread.start()

    def _work(self, lane: Lane) -> None:
        stand_back(lane.niceness)
        while True:
            with self._changed:
                if not self._waiting[lane.name]:
                    self._threads[lane.name].discard(threading.current_thread())
                    return
                record = self._waiting[lane.name].popleft()
                self._tell(record, state="running", started=time.time())
            state, note = record.context.run(self._outcome, record)
            with self._changed:
                self._end(record, state, note)

    def _outcome(self, record: _Record) -> tuple[State, str]:
        pace = Pace()

        def progress(stage: str, done: int, total: int) -> None:
            with self._changed:
                if not record.wanted():
                    raise Stopped(f"stopped while {stage}")
                if self._longest is not None and time.time() - record.job.started > self._longest:
                    raise StudioError(f"it took longer than {self._longest / 60:.0f} minutes, the most on this server")
                self._tell(record, stage=stage, done=done, total=total, left=pace.left(stage, done, total))

        try:
            with heard(progress) as report:
                for result in record.work(report):
                    with self._changed:
                        if not record.wanted():
                            return "stopped", ""
                        self._tell(record, result=result, version=record.job.version + 1)
        except Stopped:
            return "stopped", ""
        except StudioError as error:
            return "failed", str(error)
        except OSError as error:  # a full or read-only disk, wherever it was met
            _log.exception("the job “%s” met a disk that refused", record.job.title)
            return "failed", f"a file could not be read or written here ({error.strerror or type(error).__name__})"
        except Exception as error:
            _log.exception("the job “%s” failed", record.job.title)
            return "failed", what_went_wrong(error)
        return "finished", ""

    def _tell(self, record: _Record, **changes: Any) -> None:
        record.job = replace(record.job, **changes)
        self._changed.notify_all()

    def _end(self, record: _Record, state: State, note: str = "") -> None:
        record.bytes = bytes_of(record.job.result)
        record.work, record.context = lambda _: iter(()), contextvars.Context()  # what they hold is free
        self._tell(record, state=state, note=note, ended=time.time())
        if not record.owners:
            self._records.pop(record.job.id, None)
        self._bound()

    def _bound(self) -> None:
        """Lets go of the oldest results, and of jobs too many."""
        results, memory, jobs = self._limits
        held = [each for each in self._records.values() if each.job.over and each.job.result is not None]
        held.sort(key=lambda record: record.job.ended)
        old = time.time() - self._fresh
        while held and (
            (len(held) > results and held[0].job.ended <= old) or sum(each.bytes for each in held) > memory
        ):
            record = held.pop(0)
            record.job = replace(record.job, result=None, dropped=True)
        count: dict[str, int] = {}
        for record in reversed(list(self._records.values())):
            for owner in list(record.owners) if record.job.over else ():
                count[owner] = count.get(owner, 0) + 1
                if count[owner] > jobs:
                    del record.owners[owner]
            if not record.owners and record.job.over:
                del self._records[record.job.id]
