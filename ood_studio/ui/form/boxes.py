"""How one parameter is drawn, where its declaration does not say it all: a title, another widget, names of choices.

Bounds, defaults and help are the parameter's own and cannot be said here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Widget = Literal["", "number", "slider", "log", "dropdown", "radio", "checkbox", "checks", "text", "lines"]
"""Kinds of boxes; ``""`` is what the parameter's kind suggests, ``log`` a slider on a logarithmic scale."""

Choices = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Own:
    """What may be given in place of the choices: typed, or a file.

    Attributes:
        choice: what the dropdown calls it, such as ``type your own``.
        title: of the box that comes into sight when it is chosen.
        lines: of the text box; 0 for a file.
        hint: shown in an empty text box.
        missing: the sentence where it was chosen and nothing given.
        files: the endings of files that may be given, such as ``.txt``.
    """

    choice: str
    title: str
    missing: str
    lines: int = 1
    hint: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class When:
    """That a box is in sight only while another holds one of some values."""

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Box:
    """How a parameter is drawn and read.

    Attributes:
        title: for people; the parameter's name where empty.
        widget: see `Widget`.
        choices: titles and values to choose from, called anew whenever they are needed; of a `Literal` only for its
            titles. Others may be typed as well where ``free``.
        free: whether a dropdown takes what is typed.
        own: in place of the choices.
        when: the box is in sight only then.
        low, high: where a slider's scale begins (above 0) and ends, within the bounds; more may be typed.
        notes: under a logarithmic slider, see `log_slider`.
        guard: told the value as it was read; gives it back or raises a StudioError.
        private: whether the value never leaves this page: not in links, not for programs; or tells of a value whether
            it may not be in a link.
        local: whether it names things of this machine, so that strangers do not see it.
        more: further arguments of the component, such as ``scale``.
    """

    title: str = ""
    widget: Widget = ""
    choices: Callable[[], Choices] | None = None
    free: bool = False
    own: Own | None = None
    when: When | None = None
    low: float | None = None
    high: float | None = None
    notes: Sequence[tuple[str, float]] = ()
    guard: Callable[[Any], Any] | None = None
    private: bool | Callable[[Any], bool] = False
    local: bool = False
    more: dict[str, Any] = field(default_factory=dict)

    def hides(self, value: Any) -> bool:
        """Whether a value may not be in a link."""
        return self.private(value) if callable(self.private) else self.private


@dataclass(frozen=True)
class Layout:
    """The order and the groups of a form's boxes, and how those are drawn that need more than their declaration.

    Attributes:
        name: begins the ids of the form's elements, as in ``attack-steps``.
        groups: rows of paths by the group's name; a group is drawn by `Form.draw`.
        boxes: by path.
    """

    name: str
    groups: dict[str, tuple[tuple[str, ...], ...]]
    boxes: dict[str, Box] = field(default_factory=dict)

    def paths(self) -> tuple[str, ...]:
        """All paths, in order."""
        return tuple(path for rows in self.groups.values() for row in rows for path in row)
