"""How a server treats those who come: what they may name, how much work they may ask for, what is kept of them."""

from __future__ import annotations

from typing import Any

from ood_studio.core.kept import KEPT
from ood_studio.core.memory import machine_memory
from ood_studio.data import image_sets
from ood_studio.data.image_sets import KINDS
from ood_studio.studio.hosted import Hosted
from ood_studio.studio.jobs import Jobs
from ood_studio.ui import temporary
from ood_studio.ui.compare.uploaded_lists import lists_folder
from ood_studio.ui.door import Door
from ood_studio.ui.refused_uploads import RefusedUploads

MOST_JOBS, MOST_WAITING = 4, 60
"""Jobs that one stranger may have under way, and jobs that may wait in a lane."""
_SET_BYTES = 2**30  # of attacked sets, and of synthetic ones
_SESSION_BYTES = 4 * 2**20  # what a page's state takes, roughly
_SESSIONS = (64, 2_000)


def rules_for(backbone: str) -> Hosted:
    """What strangers may ask for, of a server that begins with a model."""
    places = (temporary.folder(temporary.UPLOADS), temporary.folder(temporary.SETS), KEPT["uploads"].place)
    return Hosted(places, (lists_folder(),), (backbone,))


def jobs_for(rules: Hosted | None) -> Jobs:
    """What runs the work that pages ask for."""
    return Jobs(each=MOST_JOBS, waiting=MOST_WAITING, longest=rules.longest) if rules else Jobs()


def middleware_for(strangers: bool) -> list[Any]:
    """What requests pass before gradio sees them, as starlette takes it: a class, and what it is made with."""
    return [(RefusedUploads, (), {}), *([(Door, (), {})] if strangers else [])]


def bound_sets() -> None:
    """Removes the attacked and synthetic sets that are longest untouched, beyond what strangers may fill."""
    for kind in KINDS:
        image_sets.bound_sets(kind, KEPT[kind].place, _SET_BYTES)


def sessions_kept() -> int:
    """How many pages' states are kept: what an eighth of the machine's memory holds."""
    low, high = _SESSIONS
    return min(max(machine_memory() // 8 // _SESSION_BYTES, low), high)
