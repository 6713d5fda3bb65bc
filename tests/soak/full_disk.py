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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from ood_studio.core.paths import ROOT
from tests.soak.disks import Disk, locked_disk, small_disk
from tests.ui.conftest import free_port

RAW = re.compile(r"Traceback|\[Errno|\b[A-Z]\w*(?:Error|Exception)\b|^None$")
"""What no person should be told."""
COMMANDS = {
    "explore": "explore {picture} --quiet",
    "mine": "mine --count 500 --quiet --out {disk}/mined.csv",
    "bench": "bench --count 40 --train-count 100 --resamples 10 --quiet --timings {disk}/seconds.json",
    "attack": "attack --count 10 --train-count 40 --steps 5 --resamples 10 --scorers mcm --quiet",
    "attack-image": "attack-image {picture} --target-label cat --steps 5 --quiet --out {disk}/attacked.png",
    "synthesize": "synthesize --count 3 --steps 3 --iterations 1 --quiet",
    "synthesize into a folder": "synthesize --count 3 --steps 3 --iterations 1 --quiet --out {disk}/set",
    "adapt": "adapt fit --method plp:epochs=1 --train-count 40 --name small --quiet",
    "detect fit": "detect fit --quiet --out {disk}/d.ood.safetensors",
}


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
    said = [line for line in done.stderr.splitlines() if line.strip()]
    last = _short(said[-1] if said else "", disk)
    good = done.returncode in (0, 2) and not RAW.search(done.stderr)
    if done.returncode == 2:
        good = good and last.startswith("error: ")
    return good, ("a result" if done.returncode == 0 else f"code {done.returncode}") + (f": {last}" if last else "")


def _app(disk: Disk, picture: Path) -> tuple[bool, str]:
    """Whether the app goes on, and what its endpoints say."""
    with _served(disk) as (server, address, log):
        said = []
        if not address:
            last = _short((log.read_text().splitlines() or [""])[-1], disk)
            return server.poll() == 2 and last.startswith("error: "), f"code {server.poll()}: {last}"
        for endpoint in ("explore", "compare", "explore"):
            asked = {"explore": {"pictures": [handle_file(picture)]}}.get(endpoint, {"count": 40, "train_count": 40})
            try:
                Client(address, verbose=False, download_files=False).predict(**asked, api_name=f"/{endpoint}")
                said.append(f"{endpoint}: answers")
            except Exception as error:  # what the server said, or what the client makes of it
                said.append(f"{endpoint}: {_short(str(error), disk)}")
        alive = server.poll() is None
        raw = any(RAW.search(each) for each in said) or RAW.search(log.read_text(errors="replace")) is not None
        return alive and not raw, "; ".join(said) + ("" if alive else f"; ended with code {server.poll()}")


@contextmanager
def _served(disk: Disk) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """The app, its address (empty where it ended at once) and its log."""
    port = free_port()
    log = disk.place.with_suffix(".log")
    environment = _environment(disk) | {"GRADIO_TEMP_DIR": str(disk.place / "uploads")}
    with open(log, "w") as file:
        server = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            preexec_fn=disk.begin,
            stdout=file,
            stderr=file,
        )
    try:
        until = time.monotonic() + 120
        address = ""
        while not address and server.poll() is None and time.monotonic() < until:
            time.sleep(0.5)
            address = next((line.split()[-1] for line in log.read_text().splitlines() if "local URL" in line), "")
        yield server, address, log
    finally:
        server.terminate()
        server.wait(120)


def _environment(disk: Disk) -> dict[str, str]:
    return {**os.environ, "OOD_STUDIO_CACHE": str(disk.place / "cache")}


def _short(text: str, disk: Disk) -> str:
    plain = " ".join(text.replace(str(disk.place), "DISK").replace("|", "/").split())
    return plain if len(plain) < 160 else f"{plain[:157]}…"


if __name__ == "__main__":
    sys.exit(main())
