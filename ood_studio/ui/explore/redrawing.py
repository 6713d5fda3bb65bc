"""The opened picture with one thing changed: what it can be, and the file that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.data.changeable import Changeable, Thing, with_changes
from ood_studio.data.corruptions import CorruptiblePicture, can_corrupt
from ood_studio.ui.downloads import download_folder, file_stem, shown_file
from ood_studio.ui.explore.panels import Panels
from ood_studio.ui.explore.session import Redrawn, Session
from ood_studio.ui.explore.strip import strip_html
from ood_studio.ui.wiring import Updates
from ood_studio.worlds import scene_of

_SCENE = "This picture is drawn: one thing of it can be another one while all else stays. <b>{}</b>"
_PHOTOGRAPH = (
    "A photograph cannot be redrawn: what it would be with another colour or place, nobody knows. It can be seen "
    "worse: these are the 15 corruptions of ImageNet-C at 5 severities, of the picture at 224 pixels. <b>{}</b>"
)
_NO_LIBRARY = (
    "A photograph cannot be redrawn: what it would be with another colour or place, nobody knows. With the optional "
    "library it could be corrupted, as in ImageNet-C: <code>pip install 'ood-studio[corruptions]'</code>."
)


def opened_picture(mine: Session) -> Redrawn | None:
    """The opened picture as something that can be changed; None for none, or one that cannot.

    Raises:
        StudioError: if its file has gone.
    """
    if mine.opened >= len(mine.pictures):
        return None
    name, path = mine.pictures[mine.opened]
    if path in mine.redrawn:
        return mine.redrawn[path]
    scene = scene_of(Path(path))
    if scene is not None:
        return Redrawn(name, path, scene)
    if can_corrupt():
        return Redrawn(name, path, CorruptiblePicture(mine.files.open(path, name=name).image, name))
    return None


def redraw(mine: Session, picture: Changeable) -> bool:
    """Puts a changed picture in place of the opened one; whether another one is seen now.

    Raises:
        StudioError: if it cannot be drawn.
        OSError: if the disk refuses.
    """
    held = opened_picture(mine)
    if held is None:
        return False
    path, name = held.path, held.name
    if picture.changes:
        name = f"{Path(held.name).stem}, {picture.said}"
        changed = "-".join(f"{thing}-{value}" for thing, value in picture.changes.items())
        file = download_folder() / f"{file_stem(Path(held.name).stem)}-{file_stem(changed)}.png"
        picture.draw().save(file)
        path = shown_file(file)
        mine.redrawn[path] = Redrawn(held.name, held.path, picture)
        mine.thing = next(iter(picture.changes))
    before = mine.pictures[mine.opened][1]
    mine.pictures = [*mine.pictures]
    mine.pictures[mine.opened] = (name, path)
    mine.redrawn = {path: mine.redrawn[path] for _, path in mine.pictures if path in mine.redrawn}
    return path != before


def redraw_with(mine: Session, changes: Mapping[str, str]) -> None:
    """Changes things of the opened picture.

    Raises:
        StudioError: for a picture that cannot be changed, or not so.
    """
    held = opened_picture(mine)
    if held is None:
        raise StudioError("this picture cannot be changed")
    redraw(mine, with_changes(held.picture.as_it_was(), changes))


def chosen_thing(mine: Session, picture: Changeable) -> Thing:
    """The thing that is chosen, where the picture has it; else its first."""
    things = picture.things()
    return next((thing for thing in things if thing.name == mine.thing), things[0])


def change_updates(p: Panels, mine: Session) -> Updates:
    """What is seen of the choice for the opened picture."""
    try:
        held = opened_picture(mine)
    except StudioError:
        held = None
    if held is None or not held.picture.things():
        nothing: Any = gr.update(choices=[], value=None, interactive=False)
        said = f'<p class="studio-about">{_NO_LIBRARY}</p>'
        return {p.change: said, p.thing: nothing, p.value: nothing, p.reset: gr.update(interactive=False), p.strip: ""}
    thing = chosen_thing(mine, held.picture)
    changed = held.picture.changes
    template = _PHOTOGRAPH if isinstance(held.picture, CorruptiblePicture) else _SCENE
    now = f"Now: {held.picture.said}." if changed else "Now it is as it was."
    return {
        p.change: f'<p class="studio-about">{template.format(escape(now))}</p>',
        p.thing: gr.update(
            choices=[(each.title, each.name) for each in held.picture.things()], value=thing.name, interactive=True
        ),
        p.value: gr.update(
            choices=[(f"{value} (as it was)" if value == thing.own else value, value) for value in thing.values],
            value=changed.get(thing.name, thing.own),
            interactive=True,
        ),
        p.reset: gr.update(interactive=bool(changed)),
        p.strip: strip_html(mine, held.path),
    }
