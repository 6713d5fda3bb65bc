"""Commands that are killed half-way, again and again, and then run to their end: ``python -m tests.soak.kills``.

What comes out in the end must be what a run that nobody kills gives, and nothing half written may be left. A line a
command is printed; the exit code is 1 where it is not so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ood_studio.core.paths import ROOT

COMMANDS = {
    "bench": "bench --count 60 --train-count 60 --resamples 20 --scorers mcm energy knn --json",
    "attack": "attack --count 16 --train-count 40 --steps 10 --resamples 10 --scorers mcm energy --json",
    "synthesize": "synthesize --count 10 --steps 3 --iterations 1 --json",
    "adapt": "adapt fit --method plp:epochs=4 --train-count 60 --held-out 10 --name killed --json",
}
_OF_THE_RUN = {"folder", "file", "place", "seconds", "added", "time", "version", "created"}
"""What two runs say differently."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=4, help="of each command, before it may end")
    parser.add_argument("--only", nargs="*", default=[*COMMANDS], help="commands that are tried")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    chosen = parser.parse_args()
    moments, failed = random.Random(chosen.seed), 0
    print("| what | a whole run | killed after | then | left half written |\n|---|---|---|---|---|", flush=True)
    for name in chosen.only:
        with tempfile.TemporaryDirectory() as folder:
            whole, seconds = _run(name, Path(folder) / "whole")
            killed: list[str] = []
            usual = seconds
            for _ in range(3 * chosen.kills):
                if len(killed) == chosen.kills:
                    break
                after, began = moments.uniform(0.2, 0.9) * usual, time.monotonic()
                process = _start(name, Path(folder) / "killed")
                try:
                    process.communicate(timeout=after)
                    usual = min(usual, time.monotonic() - began)  # what is there already makes it faster
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    killed.append(f"{after:.0f} s")
            again, took = _run(name, Path(folder) / "killed")
            same = again is not None and whole is not None and _plain(again) == _plain(whole)
            left = [path.name for path in (Path(folder) / "killed").rglob(".*") if path.name.startswith(".")]
            failed += not same or bool(left)
            half = ", ".join(left) or "nothing"
            then = f"the same in {took:.0f} s" if same else "**another result**"
            print(
                f"| {name} | {seconds:.0f} s | {', '.join(killed)} | {then} | {half} |",
                flush=True,
            )
    print(f"\n{failed} failed")
    return 1 if failed else 0


def _start(name: str, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ood_studio", *COMMANDS[name].split(), "--quiet"],
        cwd=ROOT,
        env={**os.environ, "OOD_STUDIO_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(name: str, cache: Path) -> tuple[Any, float]:
    """What a command prints as JSON, None where it failed; and how long it took."""
    began = time.monotonic()
    process = _start(name, cache)
    out, err = process.communicate()
    if process.returncode:
        print(f"{name} ended with code {process.returncode}: {err.strip().splitlines()[-1:]}", file=sys.stderr)
        return None, time.monotonic() - began
    return json.loads(out), time.monotonic() - began


def _plain(value: Any) -> Any:
    """A result without what two runs say differently; numbers to 6 digits, as batches may be cut otherwise."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key not in _OF_THE_RUN}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
