"""A view as a link and as a command line."""

from __future__ import annotations

from collections.abc import Mapping

from ood_studio.core.parameters import leaves, names
from ood_studio.studio import BenchRequest
from ood_studio.studio.commands import command_line
from ood_studio.ui.compare.layout import START
from ood_studio.ui.compare.session import Session
from ood_studio.ui.compare.uploads import with_names, without_uploads
from ood_studio.ui.compare.view import View
from ood_studio.ui.form import Box, query_of, read_query, request_of
from ood_studio.ui.share import shared_view
from ood_studio.ui.sidebar import Sidebar

TAB = "compare"


def command(sidebar: Sidebar, request: BenchRequest) -> str:
    """The command that gives the same figures; uploads stand in it by their names."""
    return command_line("bench", sidebar.shown(with_names(request)))


def view_of(sidebar: Sidebar, boxes: Mapping[str, Box], mine: Session) -> str:
    """The value of the box that shares a view; "" where there is nothing to come back to."""
    if mine.request is None:
        return ""
    query = sidebar.query(without_uploads(mine.request), boxes, START)
    query |= {
        "suite": mine.request.suite,
        **query_of(mine.view, View()),
    }  # a link that says no suite only opens the tab
    return shared_view(TAB, query, command(sidebar, mine.request))


def read_link(search: str) -> dict[str, str]:
    """The parts of a link's query; empty for a link that is not one of this tab's, or only opens it."""
    found = read_query(search)
    known = {*names(BenchRequest).values(), *leaves(View)}
    return {name: text for name, text in found.items() if name in known} if found.get("tab") == TAB else {}


def looked_at(query: Mapping[str, str]) -> View:
    """What a link looks at.

    Raises:
        StudioError: for a text that is no value of its part, or an unknown metric.
    """
    return request_of(View(), {name: text for name, text in query.items() if name in leaves(View)})
