"""Registries: the project's own things by name, and beside them those of plug-ins.

A plug-in is an installed distribution with entry points in one of the `GROUPS`, each naming a thing of the group's kind
(``ood_studio.scorers``: ``margin = my_package.margin:Margin``), or a Python file, named by the flag ``--plugin`` or in
the environment variable `ENVIRONMENT`: every public scorer or adapter class, family of backbones or world defined in it
is registered. Plug-ins are looked for when a registry is first read, so importing a room stays light. One that cannot
be used is left out, and `notes` says in one sentence which and why.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from ood_studio.core import plugin_files
from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path

T = TypeVar("T")

GROUPS = ("scorers", "backbones", "adapters", "worlds")
"""Entry-point groups, without the ``ood_studio.`` before them."""
ENVIRONMENT = "OOD_STUDIO_PLUGINS"
"""Files of plug-ins, separated as in PATH; worker processes inherit it, so that they have the same plug-ins."""

_PREFIX = "ood_studio."
_lock = threading.RLock()  # one thread looks for plug-ins; what it imports may read registries in turn
_registries: dict[str, Registry[Any]] = {}
_notes: list[str] = []
_tried: set[str] = set()  # files, by path


class Registry(Mapping[str, T]):
    """Things of one kind by name, in the order in which they were registered; reading it finds the plug-ins first.

    Args:
        group: one of `GROUPS`.
        word: what people call one thing, such as "scorer".
        takes: whether an object is such a thing.
        name: the name of a thing.
        check: raises `StudioError` for a thing that cannot be used, the reason as a part of a sentence.
        reserved: names that no thing may have.
    """

    def __init__(
        self,
        group: str,
        word: str,
        *,
        takes: Callable[[object], bool],
        name: Callable[[T], str],
        check: Callable[[T], object] = lambda thing: None,
        reserved: Collection[str] = (),
    ) -> None:
        assert group in GROUPS, group
        self.group, self.word, self.takes = group, word, takes
        self._name, self._check, self._reserved = name, check, frozenset(reserved)
        self._things: dict[str, T] = {}
        self._searching = self._searched = False
        _registries[group] = self

    def register(self, thing: T) -> T:
        """Adds a thing, and returns it, so that this decorates classes too; one that is there already stays as it is.

        Raises:
            StudioError: for something of another kind, one that cannot be used, or a name that is taken.
        """
        if not self.takes(thing):
            raise StudioError(f"it must be a {self.word}, not {thing!r}")
        name = self._name(thing)
        if self._things.get(name) is thing:
            return thing
        self._check(thing)
        with _lock:
            if name in self._things or name in self._reserved:
                raise StudioError(f"there is a {self.word} named {name!r} already")
            self._things[name] = thing
        return thing

    @property
    def registered(self) -> tuple[T, ...]:
        """What is registered so far, without a look for plug-ins; for checks."""
        return tuple(self._things.values())

    def __getitem__(self, name: str) -> T:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._found()))

    def __len__(self) -> int:
        return len(self._found())

    def _found(self) -> dict[str, T]:
        if not self._searched:
            with _lock:  # others wait for the whole; a plug-in that reads the registry while it is imported must not
                if not self._searching:
                    self._searching = True
                    _load_files()
                    for point in entry_points(group=_PREFIX + self.group):
                        _load_point(point, self)
                    self._searched = True
        return self._things


def use_files(files: Iterable[Path | str]) -> None:
    """Adds plug-in files for this process and those that it starts, as `ENVIRONMENT` does; registries that were read
    before have them too."""
    with _lock:
        known = _files()
        added = [str(given_path(str(file)).absolute()) for file in files]
        os.environ[ENVIRONMENT] = os.pathsep.join(dict.fromkeys([*known, *added]))
        if any(registry._searched for registry in _registries.values()):
            _load_files()


def files() -> tuple[str, ...]:
    """The plug-in files that this process uses: a path from its folder where they lie below it, else the whole one."""
    here = Path.cwd()
    paths = [Path(file) for file in _files()]
    return tuple(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths)


def notes() -> tuple[str, ...]:
    """Looks for the plug-ins of all registries, and says what became of those that could not be used: a sentence each.

    Only rooms that are imported have a registry.
    """
    for registry in tuple(_registries.values()):
        len(registry)
    found = list(_notes)
    for group in sorted(entry_points().groups):
        if group.startswith(_PREFIX) and group.removeprefix(_PREFIX) not in GROUPS:
            of = ", ".join(sorted({_distribution(point) for point in entry_points(group=group)}))
            has = ", ".join(_PREFIX + each for each in GROUPS)
            found.append(f"The plug-in {of} was left out: this version takes no {group}, but {has}.")
    return tuple(found)


def _files() -> list[str]:
    return [part for part in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if part]


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _load_point(point: EntryPoint, registry: Registry[Any]) -> None:
    plugin = f"{_distribution(point)} ({point.name} = {point.value})"
    try:
        thing = point.load()
    except (Exception, SystemExit) as error:
        _notes.append(f"The plug-in {plugin} was left out: it cannot be imported ({_reason(error)}).")
        return
    _register(plugin, registry, thing)


def _load_files() -> None:
    for file in _files():
        if file not in _tried:
            _tried.add(file)
            _load_file(Path(file))


def _load_file(path: Path) -> None:
    name = f"{plugin_files.__name__}.{path.stem}"
    if not path.is_file() or path.suffix != ".py":
        _notes.append(f"The plug-in {path} was left out: there is no such Python file.")
        return
    if name in sys.modules:
        _notes.append(f"The plug-in {path} was left out: another file of that name is a plug-in already.")
        return
    folder = str(path.absolute().parent)
    if folder not in plugin_files.__path__:
        plugin_files.__path__.append(folder)
    try:
        module = _imported(name, path)
    except (Exception, SystemExit) as error:
        _notes.append(f"The plug-in {path} was left out: it cannot be imported ({_reason(error)}).")
        return
    things = [(registry, thing) for registry in _registries.values() for thing in _defined_in(module, registry)]
    for registry, thing in things:
        _register(str(path), registry, thing)
    if not things:
        words = " or ".join(registry.word for registry in _registries.values())
        _notes.append(f"The plug-in {path} was left out: it defines no {words}.")


def _imported(name: str, path: Path) -> ModuleType:
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, path
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _defined_in(module: ModuleType, registry: Registry[Any]) -> list[Any]:
    """Public things of the registry's kind that a module defines rather than imports."""
    imported = list(registry._things.values())

    def defines(thing: object) -> bool:
        if isinstance(thing, type):
            return thing.__module__ == module.__name__
        return all(thing is not each for each in imported)

    public = [thing for name, thing in vars(module).items() if not name.startswith("_")]
    return [thing for thing in public if registry.takes(thing) and defines(thing)]


def _register(plugin: str, registry: Registry[Any], thing: Any) -> None:
    try:
        registry.register(thing)
    except (Exception, SystemExit) as error:  # a check may run the plug-in's own code
        _notes.append(f"The plug-in {plugin} was left out: {_reason(error)}.")


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0].rstrip(".") if lines else ""
    if isinstance(error, StudioError):
        return text
    kind = type(error).__name__
    return f"{kind}: {text}" if text else kind
