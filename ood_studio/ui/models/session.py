"""What belongs to one user of the tab: a run of the zoo, and how they look at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import read_texts
from ood_studio.evaluation.zoo import Measured, ZooRun
from ood_studio.evaluation.zoo.axes import axes
from ood_studio.studio import ZooRequest
from ood_studio.ui.models.view import View

OTHER = "other models"


@dataclass
class Session:
    """One user's run. It changes in place: models stream in while the person is already looking around.

    Attributes:
        run: what was measured; None before there is anything.
        origin: where it came from, for people.
        running: whether more is to come.
        wanted: what is to be looked at once it is there; ``view``: what is looked at.
        order: the figure that the table is sorted by, or ``model``; the best first unless ``reverse``.
        compared: an earlier run that this one is compared with.
    """

    run: ZooRun | None = None
    origin: str = ""
    running: bool = False
    wanted: View = field(default_factory=View)
    view: View = field(default_factory=View)
    order: str = "mean auroc 1-nn"
    reverse: bool = False
    compared: ZooRun | None = None

    @property
    def ready(self) -> bool:
        """Whether there is anything to look at."""
        return self.run is not None and bool(self.run.measured)

    def models(self) -> tuple[Measured, ...]:
        """The models that were measured."""
        return () if self.run is None else self.run.measured

    def take(self, run: ZooRun, origin: str) -> None:
        """Another run, or more of the same, is looked at from now on."""
        self.run, self.origin, self.compared = run, origin, None
        self.settle()

    def look(self, **changes: Any) -> None:
        """Looks at something else."""
        self.wanted = replace(self.wanted, **changes)
        self.settle()

    def settle(self) -> None:
        """Looks at what is wanted, or at the first there is where that is not there (yet, or any longer)."""
        wanted, names = self.wanted, [each.backbone for each in self.models()]
        if not names:
            self.view = wanted
            return
        known, usual = axes(self.models()), View()
        first = wanted.first if wanted.first in names else names[0]
        rest = [name for name in names if name != first]
        second = wanted.second if wanted.second in names else (rest or [first])[0]
        drawn = self.sets()
        self.view = replace(
            wanted,
            x=next(axis for axis in (wanted.x, usual.x, *known) if axis in known),
            y=next(axis for axis in (wanted.y, usual.y, *known) if axis in known),
            first=first,
            second=second,
            set=wanted.set if wanted.set in drawn else next(iter(drawn), ""),
        )

    def sets(self) -> list[str]:
        """The sets with reliability diagrams."""
        names = (name for each in self.models() for name in each.diagrams if not name.startswith("scaled "))
        return list(dict.fromkeys(names))

    def groups(self) -> dict[str, str]:
        """Which group, or source, each model is of, by name."""
        known = worlds.zoo()
        found = {}
        for each in self.models():
            model = known.get(each.backbone)
            found[each.backbone] = OTHER if model is None else str(getattr(model, self.view.by))
        return found

    def request(self) -> ZooRequest | None:
        """What the run was asked for; None where there is none, or another version asked."""
        if self.run is None or not self.run.asked:
            return None
        try:
            return read_texts(ZooRequest, self.run.asked)
        except StudioError:
            return None
