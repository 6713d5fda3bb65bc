"""What flips a verdict, as a strip of pictures; a click on one explores it."""

from __future__ import annotations

from html import escape

from ood_studio.evaluation.flips import Flips, Variant
from ood_studio.ui.cards import number, side
from ood_studio.ui.explore.session import Session
from ood_studio.ui.pictures.shown import data_uri

SHOWN = 11
"""Changed pictures in the strip, beside the one as it was."""


def shown_variants(found: Flips) -> list[Variant]:
    """Those that flip, the smallest first; then, of each thing that does not, what comes nearest to the threshold."""
    variants = [*found.pairs, *found.singles]
    flipping = sorted((each for each in variants if each.flips), key=lambda each: each.size)
    seen = {thing for each in flipping for thing in each.picture.changes}
    rest = []
    for each in found.singles:
        (thing,) = each.picture.changes
        if not each.flips and thing not in seen:
            seen.add(thing)
            rest.append(each)
    return [*flipping, *rest][:SHOWN]


def strip_html(mine: Session, path: str) -> str:
    """The strip; nothing where it is of another picture, score or choice than what is seen."""
    flipping = mine.flipping
    if flipping is None or (flipping.path, flipping.request, flipping.score) != (path, mine.request, mine.score):
        return ""
    found = flipping.found
    cells = [_cell(found.origin, "as it was", 0, found.smallest)]
    for place, variant in enumerate(shown_variants(found), start=1):
        cells.append(_cell(variant, variant.picture.said, place, found.smallest))
    return f'<p class="studio-about">{_said(found, flipping.score)}</p><div class="studio-strip">{"".join(cells)}</div>'


def _said(found: Flips, score: str) -> str:
    many = sum(each.flips for each in found.singles)
    if found.smallest is not None:
        what = escape(found.smallest.picture.said)
        of_all = f" of {found.possible:,} changes of one thing flip it" if found.done else " flip it so far"
        others = f"; {many:,}{of_all}" if many else ""
        pair = " (no single change does)" if not many else ""
        yet = "" if found.done else " so far"
        said = f"The smallest change{yet} that flips {escape(score)}: <b>{what}</b>{pair}{others}."
    elif not found.done:
        said = "Nothing flips it so far."
    else:
        said = f"Nothing flips {escape(score)}: none of {found.possible:,} changes of one thing."
    if found.tried_pairs:
        said += (
            f" Of two things {found.tried_pairs:,} pairs were tried, of each thing the value that leads furthest "
            f"({found.possible_pairs:,} pairs of things there are)."
        )
    return f"{said} How large a change is, is the root mean square difference of the pixels, 100 % from black to white."


def _cell(variant: Variant, title: str, place: int, smallest: Variant | None) -> str:
    flips = ' <b class="flips">flips</b>' if variant.flips else ""
    size = f"changed by {variant.size:.1%}" if place else "&nbsp;"
    mark = " smallest" if variant is smallest else ""
    uri = data_uri(variant.image, max(variant.image.size))
    return (
        f'<figure class="{"turned" if variant.flips else ""}{mark}"><button type="button" data-pick="{place}" '
        f'aria-label="Explore: {escape(title)}"><img src="{uri}" alt=""></button>'
        f"<figcaption><b>{escape(title)}</b>{number(variant.value)} {side(variant.inside)}{flips}<br>{size}"
        "</figcaption></figure>"
    )
