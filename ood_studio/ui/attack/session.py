"""What belongs to one user of the tab: the attack as far as it has come, and the pictures to choose from."""

from __future__ import annotations

from dataclasses import dataclass, field

from ood_studio.core.errors import StudioError
from ood_studio.studio import AttackResult, AttackSetRequest
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.pictures.galleries import Offered


@dataclass
class Session:
    """One user's attack. It changes in place.

    Attributes:
        offered: what the galleries show.
        trace: the attack; None before there is one.
        running: whether it is under way.
        note: why it ended early; empty where it did not.
        set_request, attacked: the last attack on a batch.
        playing: the step that is played; -1 for none.
    """

    offered: Offered = field(default_factory=Offered)
    trace: AttackTrace | None = None
    running: bool = False
    note: str = ""
    set_request: AttackSetRequest | None = None
    attacked: AttackResult | None = None
    playing: int = -1

    def finished(self) -> AttackTrace:
        """The attack, where there is a picture of it.

        Raises:
            StudioError: if there is none yet.
        """
        if self.trace is None or self.trace.last is None:
            raise StudioError("there is no attacked picture yet; press Attack first")
        return self.trace
