"""What the commands and the app do on disks that fill up or cannot be written: ``python -m tests.soak.full_disk``.

Each must end with a result or with one sentence, never with a traceback or a signal; the app must go on. What came of
each is printed as a table; the exit code is 1 where one failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from ood_studio.core.paths import ROOT
from tests.soak.disks import Disk, locked_disk, small_disk
from tests.soak.server import served

RAW = re.compile(r"Traceback|\[Errno|os error|\b[A-Z]\w*(?:Error|Exception)\b|^None$")
"""What no person should be told."""
COMMANDS = {
    "explore": "explore {picture} --quiet",
    "mine": "mine --count 500 --quiet --out {disk}/mined.csv",
    "bench": "bench --count 40 --train-count 100 --resamples 10 --quiet --timings {disk}/seconds.json",
    "attack": "attack --count 10 --train-count 40 --steps 5 --resamples 10 --scorers mcm --quiet",
    "attack-image": "attack-image {picture} --target-label cat --steps 5 --quiet --out {disk}/attacked.png",
    "synthesize": "synthesize --count 3 --steps 3 --iterations 1 --quiet",
    "synthesize into a folder": "synthesize --count 3 --steps 3 --iterations 1 --quiet --out {disk}/set",
    "adapt": "adapt fit --method plp:epochs=1 --train-count 40 --held-out 10 --name small --quiet",
    "detect fit": "detect fit --quiet --out {disk}/d.ood.safetensors",
}


FEW: dict[str, Any] = {"count": 40, "train_count": 40, "resamples": 10}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[1, 4, 8, 14], help="sizes of the small disks")
    parser.add_argument("--only", nargs="*", default=[*COMMANDS, "app"], help="commands that are tried; app is the app")
    parser.add_argument("--no-read-only", action="store_true", help="leave out the disk that cannot be written")
    chosen = parser.parse_args()
    failed = 0
    print("| on | what | seconds | ends with |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)).save(picture)
        for number, (name, megabytes) in enumerate(
            (name, size) for size in [*chosen.megabytes, *([] if chosen.no_read_only else [0])] for name in chosen.only
        ):
            place = Path(folder) / f"disk{number}"
            with small_disk(place, megabytes) if megabytes else locked_disk(place) as disk:
                began = time.monotonic()
                good, end = _app(disk, picture) if name == "app" else _command(disk, name, picture)
                failed += not good
                seconds = time.monotonic() - began
                print(f"| {disk.how} | {name} | {seconds:.0f} | {'' if good else '**fails** '}{end} |", flush=True)
    print(f"\n{failed} failed")
    return 1 if failed else 0


def _command(disk: Disk, name: str, picture: Path) -> tuple[bool, str]:
    """Whether a command ends well, and with what."""
    words = COMMANDS[name].format(disk=disk.place, picture=picture).split()
    done = subprocess.run(
        [sys.executable, "-m", "ood_studio", *words],
        cwd=ROOT,
        env=_environment(disk),
        preexec_fn=disk.begin,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    said = [re.sub(r"^WARNING:[\w.]+:", "", line) for line in done.stderr.splitlines() if line.strip()]
    last = _short(said[-1] if said else "", disk)
    good = done.returncode in (0, 2) and not RAW.search(done.stderr)
    if done.returncode == 2:
        good = good and last.startswith("error: ")
    return good, ("a result" if done.returncode == 0 else f"code {done.returncode}") + (f": {last}" if last else "")


def _app(disk: Disk, picture: Path) -> tuple[bool, str]:
    """Whether the app goes on, and what its endpoints say."""
    environment = _environment(disk) | {"GRADIO_TEMP_DIR": str(disk.place / "uploads")}
    with served(disk.place.with_suffix(".log"), environment, begin=disk.begin) as server:
        if not server.address:
            last = _short((server.log.read_text().splitlines() or [""])[-1], disk)
            return last.startswith("error: ") and not RAW.search(last), f"code {server.process.poll()}: {last}"
        said = []
        for endpoint in ("explore", "compare", "explore"):
            try:
                asked = {"pictures": [handle_file(picture)]} if endpoint == "explore" else FEW
                Client(server.address, verbose=False, download_files=False).predict(**asked, api_name=f"/{endpoint}")
                said.append(f"{endpoint}: answers")
            except Exception as error:  # what the server said, or what the client makes of it
                said.append(f"{endpoint}: {_short(str(error), disk)}")
        alive = server.process.poll() is None
        raw = any(RAW.search(each) for each in said) or "Traceback" in server.log.read_text(errors="replace")
        return alive and not raw, "; ".join(said) + ("" if alive else f"; ended with code {server.process.poll()}")


def _environment(disk: Disk) -> dict[str, str]:
    return {**os.environ, "OOD_STUDIO_CACHE": str(disk.place / "cache")}


def _short(text: str, disk: Disk) -> str:
    plain = " ".join(text.replace(str(disk.place), "DISK").replace("|", "/").split())
    return plain if len(plain) < 160 else f"{plain[:157]}…"


if __name__ == "__main__":
    sys.exit(main())
