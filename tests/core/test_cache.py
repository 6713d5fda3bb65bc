"""The keyed cache: what stays, what leaves, and that many threads load a thing once and none spoils it for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, heard
from ood_studio.core.single_flight import SingleFlight

SOON = 10  # seconds that only a failure waits for


class Held:
    """A load that waits for its release, and may then be stopped or fail."""

    def __init__(self, value: str = "loaded", error: BaseException | None = None) -> None:
        self.started, self.release = threading.Event(), threading.Event()
        self.value, self.error, self.calls = value, error, 0

    def __call__(self) -> str:
        self.calls += 1
        self.started.set()
        assert self.release.wait(SOON)
        if self.error is not None:
            raise self.error
        return self.value


def waiter(cache: KeyedCache[str], threads: ThreadPoolExecutor, load: Callable[[], str]) -> Future[str]:
    """A thread that waits for the key "a" by now."""
    waits = threading.Event()
    job = threads.submit(cache.get, "a", load, waits.set)
    assert waits.wait(SOON)
    return job


def test_the_least_recently_used_leaves() -> None:
    cache: KeyedCache[str] = KeyedCache(limit=2)
    loads: list[str] = []

    def get(key: str) -> str:
        return cache.get(key, lambda: loads.append(key) or key.upper())

    assert [get(key) for key in "abacab"] == ["A", "B", "A", "C", "A", "B"]
    assert loads == ["a", "b", "c", "b"]  # c pushed out b, the longest unused
    assert cache.keys() == ["a", "b"]
    assert cache.peek("a") == "A" and cache.peek("c") is None  # looking counts as use, and loads nothing
    cache.put("c", "C")
    assert cache.keys() == ["a", "c"]
    cache.clear()
    assert cache.keys() == [] and get("a") == "A"


def test_bytes_are_bounded() -> None:
    cache: KeyedCache[bytes] = KeyedCache(limit=None, max_bytes=100, size=len)
    for key in "abc":
        cache.put(key, bytes(30))
    cache.peek("a")
    cache.put("d", bytes(30))
    assert cache.keys() == ["c", "a", "d"]
    cache.put("a", bytes(60))  # in place of the 30 there: 120 with the others, so the oldest leaves
    assert cache.keys() == ["d", "a"]
    assert cache.get("e", lambda: bytes(101)) == bytes(101)  # handed out, though it cannot be kept
    assert cache.keys() == ["d", "a"]
    cache.clear()
    cache.put("f", bytes(100))
    assert cache.keys() == ["f"]


def test_limits_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="limit must be at least 1, not 0"):
        KeyedCache(limit=0)
    with pytest.raises(ValueError, match="max_bytes needs size"):
        KeyedCache(max_bytes=10)


def test_threads_load_once() -> None:
    cache: KeyedCache[str] = KeyedCache()
    load = Held()
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(cache.get, "a", load)
        assert load.started.wait(SOON)
        others = [waiter(cache, threads, load) for _ in range(4)]
        assert cache.peek("a") is None  # looking neither waits nor loads
        assert cache.get("b", lambda: "beside") == "beside"
        load.release.set()
        assert [job.result(SOON) for job in (first, *others)] == ["loaded"] * 5
    assert load.calls == 1


@pytest.mark.parametrize("end", [Stopped("the first was stopped"), KeyboardInterrupt()])
def test_the_next_one_takes_over_when_the_first_is_stopped(end: BaseException) -> None:
    cache: KeyedCache[str] = KeyedCache()
    stopped, after = Held(error=end), Held("by the next one")
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(cache.get, "a", stopped)
        assert stopped.started.wait(SOON)
        others = [waiter(cache, threads, after) for _ in range(3)]
        stopped.release.set()
        with pytest.raises(type(end)):
            first.result(SOON)
        assert after.started.wait(SOON)
        after.release.set()
        assert [job.result(SOON) for job in others] == ["by the next one"] * 3
    assert (stopped.calls, after.calls) == (1, 1)


def test_one_after_the_other_is_stopped_and_the_last_still_gets_it() -> None:
    cache: KeyedCache[str] = KeyedCache()
    loads = [Held(error=Stopped(str(i))) for i in range(3)]
    with ThreadPoolExecutor(4) as threads:
        jobs = [threads.submit(cache.get, "a", loads[0])]
        assert loads[0].started.wait(SOON)
        jobs += [waiter(cache, threads, load) for load in loads[1:]]
        last = waiter(cache, threads, lambda: "there")
        for load in loads:
            load.release.set()
        assert last.result(SOON) == "there"
        for i, job in enumerate(jobs):  # each is stopped by itself, or found the thing there
            error = job.exception(SOON)
            assert error is None or str(error) == str(i)


@pytest.mark.parametrize("polled", [True, False], ids=["by a poll", "by whoever hears"])
def test_waiting_can_be_stopped_and_the_load_goes_on(polled: bool) -> None:
    cache: KeyedCache[str] = KeyedCache()
    load, asked = Held(), []

    def stop(*said: object) -> None:
        asked.append(said)
        if polled or len(asked) > 1:  # what is told first is that work has begun
            raise Stopped("enough waited")

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(cache.get, "a", load)
        assert load.started.wait(SOON)
        with heard(stop) as hears, pytest.raises(Stopped, match="enough waited"):
            if polled:
                cache.get("a", load, stop)
            hears("looking", 0, 1)
            cache.get("a", load)
        load.release.set()
        assert first.result(SOON) == "loaded"
    assert load.calls == 1 and cache.peek("a") == "loaded"


def test_who_waits_may_use_the_cache_meanwhile() -> None:
    cache: KeyedCache[str] = KeyedCache()
    first, beside = Held("first"), Held("beside")
    seen: list[str] = []

    def poll() -> None:
        beside.release.set()
        seen.append(cache.get("b", beside, lambda: None))
        first.release.set()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(cache.get, "a", first)
        threads.submit(cache.get, "b", beside)
        assert first.started.wait(SOON) and beside.started.wait(SOON)
        assert cache.get("a", first, poll) == "first" and set(seen) == {"beside"}


def test_a_failure_is_told_to_everyone_and_not_remembered() -> None:
    cache: KeyedCache[str] = KeyedCache()
    load = Held(error=StudioError("no such model"))
    with ThreadPoolExecutor(3) as threads:
        jobs = [threads.submit(cache.get, "a", load)]
        assert load.started.wait(SOON)
        jobs += [waiter(cache, threads, load) for _ in range(2)]
        load.release.set()
        for job in jobs:
            with pytest.raises(StudioError, match="no such model"):
                job.result(SOON)
    assert load.calls == 1
    assert cache.get("a", lambda: "now") == "now"


def test_looking_from_many_threads_spoils_no_load() -> None:
    cache: KeyedCache[int] = KeyedCache(limit=4)
    wrong: list[object] = []

    def work(seed: int) -> None:
        for i in range(2000):
            key = (seed * 7 + i) % 6
            seen = cache.peek(key)
            if seen not in (None, key):
                wrong.append(seen)
            if cache.get(key, lambda key=key: key) != key:
                wrong.append(key)

    with ThreadPoolExecutor(4) as threads:
        for job in [threads.submit(work, seed) for seed in range(4)]:
            job.result(SOON * 6)
    assert not wrong and len(cache.keys()) == 4


def test_loads_may_need_each_other_but_not_in_a_circle() -> None:
    cache: KeyedCache[str] = KeyedCache()
    assert cache.get("a", lambda: cache.get("b", lambda: "b") + "a") == "ba"
    with pytest.raises(RuntimeError, match="the work for 'c' waits for itself"):
        cache.get("c", lambda: cache.get("c", lambda: "never"))
    assert cache.get("c", lambda: "c") == "c"


def test_a_circle_of_threads_fails_instead_of_standing_still() -> None:
    flights: list[SingleFlight[str]] = [SingleFlight(), SingleFlight()]
    both = threading.Barrier(2)

    def ask(own: int) -> str:
        def work() -> str:
            both.wait(SOON)
            return flights[1 - own].run("key", lambda: "never")

        return flights[own].run("key", work)

    with ThreadPoolExecutor(2) as threads:
        jobs = [threads.submit(ask, i) for i in range(2)]
        for job in jobs:  # the second to wait closes the circle; the first is told that its load failed
            with pytest.raises(RuntimeError, match="waits for itself"):
                job.result(SOON)
