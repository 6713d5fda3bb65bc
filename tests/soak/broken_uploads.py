"""A thousand broken and odd uploads through the API of a served app: ``python -m tests.soak.broken_uploads``.

Every upload must end in an answer, or in one sentence that names the file or the thing that is wrong; none may take for
ever, and the server's memory must stay where it is. The exit code is 1 where that is not so.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from concurrent.futures import TimeoutError as TooLong
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gradio_client import Client, handle_file

from tests.soak.odd_files import odd_file, plain
from tests.ui.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
FEW: dict[str, Any] = {"scorers": ["mcm"], "count": 12, "train_count": 10, "resamples": 0, "labels": "cat, dog"}
WAYS = {  # how often, of what an upload is for
    "explore": 10,
    "compare-id": 6,
    "compare-ood": 6,
    "reference": 2,
    "corpus": 2,
    "attack": 2,
    "mask": 1,
}
THINGS = re.compile(
    r"pictures?|images?|archives?|lists?|features?|corpus|words?|mask|reference|array|labels?|files?", re.IGNORECASE
)
CLASSES = re.compile(r"\b[A-Z]\w*(Error|Exception|Warning)\b|Traceback|\bNone\b|object at 0x|\\x1b")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="uploads")
    parser.add_argument("--seed", type=int, default=0, help="of the files and of what they are for")
    parser.add_argument("--seconds", type=float, default=60, help="after which an upload has taken too long")
    parser.add_argument("--show", type=int, default=0, help="sentences of each kind that are shown")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        port = free_port()
        environment = {**os.environ, "OOD_STUDIO_CACHE": f"{place}/cache", "TMPDIR": place}
        with open(f"{place}/server.log", "w") as log:
            server = subprocess.Popen(
                [sys.executable, "app.py", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            return soak(_client(f"http://127.0.0.1:{port}", server), server.pid, Path(place), chosen)
        finally:
            server.terminate()
            server.wait(60)
            crashed = Path(f"{place}/server.log").read_text(errors="replace").count("Traceback")
            print(f"tracebacks in the server's log: {crashed}")


def soak(client: Client, server: int, place: Path, chosen: argparse.Namespace) -> int:
    """Sends the uploads, prints what came of them, and gives the exit code."""
    good = [place / f"good{i}.png" for i in range(3)]
    for i, path in enumerate(good):
        path.write_bytes(plain(random.Random(i)))
    for way in WAYS:  # models are loaded and words encoded before memory is measured
        _send(client, way, good[0], good, 600)
    before = memory(server)
    ended: collections.Counter[str] = collections.Counter()
    told: dict[str, list[str]] = collections.defaultdict(list)
    began = time.monotonic()
    for number in range(chosen.count):
        path = odd_file(chosen.seed * 1_000_000 + number, place / "files")
        way = random.Random(f"{chosen.seed}/{number}").choices([*WAYS], [*WAYS.values()])[0]
        how, said = _send(client, way, path, good, chosen.seconds)
        ended[how] += 1
        if how != "answer":
            told[how].append(f"{number} {way} {path.name[:60]!r}: {said}")
        path.unlink()
        if (number + 1) % 100 == 0:
            print(f"{number + 1:,} uploads, {time.monotonic() - began:,.0f} s, {memory(server):,.0f} MB", flush=True)
    for how, sentences in told.items():
        shown = sentences[:: max(len(sentences) // chosen.show, 1)] if how == "sentence" and chosen.show else sentences
        for each in shown if how != "sentence" or chosen.show else []:
            print(f"{how}: {each}")
    print(", ".join(f"{ended[how]:,} {how}" for how in ("answer", "sentence", "unclear", "too long")))
    print(f"the server held {before:,.0f} MB before and {memory(server):,.0f} MB after")
    return 1 if ended["unclear"] or ended["too long"] else 0


def unclear(said: str, name: str) -> str:
    """Why a sentence does not help whoever sent the file of a name; empty where it does."""
    if not said.strip() or said.strip() in ("Error", "None"):
        return "says nothing"
    if found := CLASSES.search(said):
        return f"says {found[0]}"
    if "\n" in said or len(said.split()) < 4:
        return "is no sentence"
    if _letters(unquote(name))[:12] not in _letters(unquote(said)) and not THINGS.search(said):
        return "names neither the file nor the thing"
    return ""


def memory(process: int) -> float:
    """MB that a process holds, where the system tells under ``/proc``; else nan."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return float("nan")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1000 if found else float("nan")


def _send(client: Client, way: str, path: Path, good: list[Path], seconds: float) -> tuple[str, str]:
    """How an upload ended, and what was said."""
    file, others = handle_file(path), [handle_file(each) for each in good]
    asked: dict[str, dict[str, Any]] = {
        "explore": {"pictures": [file], "api_name": "/explore"},
        "reference": {"pictures": others[:1], "references": [file], "api_name": "/explore"},
        "corpus": {"pictures": others[:1], "corpus_file": file, "api_name": "/explore"},
        "compare-id": {"id_files": [file], "ood_files": others, **FEW, "api_name": "/compare"},
        "compare-ood": {"id_files": others, "ood_files": [file, others[0]], **FEW, "api_name": "/compare"},
        "attack": {"picture": file, "target": others[0], "steps": 1, "longest": 64, "api_name": "/attack"},
        "mask": {
            "picture": others[0],
            "mask": file,
            "contexts": "sea",
            "steps": 2,
            "iterations": 0,
            "api_name": "/synthesize",
        },
    }
    try:
        job = client.submit(**asked[way])
        try:
            job.result(timeout=seconds)
        except TooLong:
            job.cancel()
            return "too long", f"no answer after {seconds:.0f} s"
        return "answer", ""
    except Exception as error:  # what the server said, or what the client makes of it
        said = str(error)
        why = unclear(said, path.name) or ("tells where the server keeps it" if tempfile.gettempdir() in said else "")
        return ("unclear", f"{why}: {said!r}") if why else ("sentence", said)


def _letters(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFC", text).lower() if sign.isalnum())


def _client(address: str, server: subprocess.Popen[bytes]) -> Client:
    for _ in range(240):
        if server.poll() is not None:
            raise SystemExit(f"the server ended with code {server.returncode}")
        try:
            return Client(address, verbose=False)
        except Exception:  # it does not listen yet
            time.sleep(0.5)
    raise SystemExit("the server did not come up within two minutes")


if __name__ == "__main__":
    sys.exit(main())
