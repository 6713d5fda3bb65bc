"""A view as a link and as a command line."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from ood_studio.core.errors import StudioError
from ood_studio.studio import BenchRequest, LabelChoice
from ood_studio.studio.commands import command_line
from ood_studio.ui.compare.choices import shown_request
from ood_studio.ui.compare.session import KEPT, METRICS, Session
from ood_studio.ui.compare.uploads import is_upload

NUMBERS = ("count", "seed", "train_count", "resamples")
_TAB = "compare"


def command(request: BenchRequest) -> str:
    """The command that gives the same figures; uploads stand in it by their names."""
    return command_line("bench", shown_request(request))


def query(mine: Session) -> str:
    """The view as the query of a link; empty where there is nothing to come back to.

    Uploads are not in it: they belong to one session.
    """
    request = mine.request
    if request is None:
        return ""
    default = BenchRequest()
    parts = {"tab": _TAB, "suite": request.suite, "backbone": request.labels.backbone}
    parts["scorers"] = ",".join(request.scorers)
    parts |= {name: str(getattr(request, name)) for name in ("count", "seed")}
    for name in ("train_count", "resamples", "id_data", "train_data", "data_root"):
        value = getattr(request, name)
        if value != getattr(default, name) and not is_upload(str(value)):
            parts[name] = str(value)
    ood_data = ",".join(each for each in request.ood_data if not is_upload(each))
    labels = request.labels.labels if request.labels.labels != LabelChoice.labels else ""
    fpr = request.fpr_definition if request.fpr_definition != default.fpr_definition else ""
    view = {"ood_data": ood_data, "labels": labels, "fpr": fpr}
    view |= {"set": mine.ood, "scorer": mine.scorer, "against": mine.other}
    view |= {"metric": "" if mine.metric == "auroc" else mine.metric, "log": "1" if mine.log else ""}
    view |= {"keep": "" if mine.keep == KEPT else f"{mine.keep:g}"}
    return "?" + urlencode(parts | {name: value for name, value in view.items() if value}, quote_via=quote, safe=":=,")


def read_query(text: str) -> dict[str, str]:
    """The parts of a link's query, empty for a link that is not one of this tab's.

    Raises:
        StudioError: for a part that is no number where one is expected, or an unknown metric.
    """
    found = dict(parse_qsl(text.removeprefix("?")))
    if found.get("tab") != _TAB:
        return {}
    for name in (*NUMBERS, "keep"):
        if name in found:
            try:
                float(found[name])
            except ValueError:
                raise StudioError(f"the link’s {name} must be a number, not {found[name]!r}") from None
    if found.get("metric", "auroc") not in METRICS:
        raise StudioError(f"the link’s metric must be one of {', '.join(METRICS)}, not {found['metric']!r}")
    return found


def looked_at(found: Mapping[str, str], mine: Session) -> None:
    """Puts what a link says about the view into a session."""
    mine.ood, mine.scorer, mine.other = (found.get(name, "") for name in ("set", "scorer", "against"))
    mine.metric = next(each for each in METRICS if each == found.get("metric", "auroc"))
    mine.log = found.get("log") == "1"
    mine.keep = min(100.0, max(1.0, float(found.get("keep", KEPT))))
