"""`gr.Blocks` whose page says what it needs and no more: neither schemas of its boxes, nor what only programs call.

Gradio writes three copies of a schema and an example beside every component of the page, which reads none of them, and
draws the components of endpoints for programs on it as well. Of every endpoint it tells four examples in which each
parameter is said to be as it is anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

import gradio as gr
from gradio import routes, state_holder

from ood_studio.ui.mending import mend

_PROGRAMS = "programs"
_COPIES = ("api_info_as_input", "api_info_as_output", "example_inputs")  # gradio falls back to ``api_info``


class LeanBlocks(gr.Blocks):
    """The app's blocks. Endpoints are made inside `for_programs`; the whole is still told by ``/config``."""

    def get_config_file(self) -> Any:
        """Gradio's, with schemas of public endpoints' components alone, and without those on the page."""
        config = cast(dict[str, Any], super().get_config_file())
        public = [fn for fn in self.fns.values() if fn.api_visibility == "public"]
        called = {block._id for fn in public for block in (*fn.inputs, *fn.outputs)}
        for component in config["components"]:
            for key in (*_COPIES, *(() if component["id"] in called else ("api_info",))):
                component.pop(key, None)
        places = [each["id"] for each in config["components"] if each["props"].get("elem_id") == _PROGRAMS]
        for page in config["page"].values():
            removed = {id for place in places for id in _taken(page["layout"], place)}
            page["components"] = [id for id in page["components"] if id not in removed]
        return config

    def get_api_info(self, all_endpoints: bool = False, page: str | None = None) -> Any:
        """Gradio's, its schemas of files as short as clients take them, and each whole by itself.

        MCP tools have all parameters in one schema, where references to definitions inside one of them lead nowhere.
        Nothing more for ``all_endpoints``: what is private is nobody else's.
        """
        info: Any = super().get_api_info(page=page)
        for endpoint in info["named_endpoints"].values():
            for each in (*endpoint["parameters"], *endpoint["returns"]):
                each["type"] = _short(_whole(each["type"], {}))
                if each.get("parameter_default") is not None:
                    each["example_input"] = None  # which would say the same again
        return info


def spare_copies() -> None:
    """Lets sessions begin without a copy of the configuration of each component; when called again, nothing.

    Gradio makes them anew for every page and every call of a program, for `gr.DeepLinkButton`, which the app has not,
    and answers nobody else meanwhile. What a session changes is still noted, one by one.
    """
    mend(state_holder.SessionState, "__init__", _bare)


def _bare(given: Callable[..., None]) -> Callable[..., None]:
    return lambda session, blocks: given(session, _WithoutComponents(blocks))


class _WithoutComponents:
    """Blocks, as a session sees them that copies no component."""

    blocks = ()

    def __init__(self, whole: gr.Blocks) -> None:
        self._whole = whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def shorten_examples() -> None:
    """Leaves out of gradio's examples for programs what is as usual; when called again, nothing."""
    mend(routes, "generate_code_snippets", _of_one)
    mend(routes, "generate_cli_snippet", _of_all)


def _of_one(given: Callable[..., Any]) -> Callable[..., Any]:
    return lambda name, endpoint, *rest, **more: given(name, _needed(endpoint), *rest, **more)


def _of_all(given: Callable[..., Any]) -> Callable[..., Any]:
    def short(endpoints: Mapping[str, Any], *rest: Any, **more: Any) -> Any:
        return given({name: _needed(each) for name, each in endpoints.items()}, *rest, **more)

    return short


def _needed(endpoint: dict[str, Any]) -> dict[str, Any]:
    """An endpoint with its files, and what else has to be given."""
    parts = [
        each for each in endpoint["parameters"] if each["component"] == "File" or not each["parameter_has_default"]
    ]
    return {**endpoint, "parameters": parts}


def for_programs() -> AbstractContextManager[Any]:
    """Where endpoints are made: inside the blocks, and not on the page."""
    return gr.Column(visible=False, elem_id=_PROGRAMS)


_OF_A_FILE = ("path", "meta")


def _whole(schema: Any, known: Mapping[str, Any]) -> Any:
    """A schema with its definitions in the places that refer to them."""
    if not isinstance(schema, dict):
        return [_whole(each, known) for each in schema] if isinstance(schema, list) else schema
    known = {**known, **schema.get("$defs", {})}
    if (name := str(schema.get("$ref", "")).removeprefix("#/$defs/")) in known:
        return _whole(known[name], known)
    return {key: _whole(each, known) for key, each in schema.items() if key != "$defs"}


def _short(schema: Any) -> Any:
    """A schema without its titles; of a file only what a client gives."""
    if not isinstance(schema, dict):
        return [_short(each) for each in schema] if isinstance(schema, list) else schema
    found = {key: _short(each) for key, each in schema.items() if key not in ("title", "additional_description")}
    parts = found.get("properties", {})
    if {"path", "meta"} <= parts.keys():
        found.pop("description", None)
        found["properties"] = {key: parts[key] for key in _OF_A_FILE if key in parts}
    return found


def _taken(layout: dict[str, Any], place: int) -> set[int]:
    """Takes a node with all below out of a layout; their ids."""
    found: set[int] = set()
    for child in list(layout.get("children", ())):
        if child["id"] == place:
            layout["children"].remove(child)
            found |= _ids(child)
        else:
            found |= _taken(child, place)
    return found


def _ids(layout: dict[str, Any]) -> set[int]:
    return {layout["id"]}.union(*(_ids(child) for child in layout.get("children", ())))
