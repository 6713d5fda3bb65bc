"""What the verdict's card says beside the verdict."""

from __future__ import annotations

from ood_studio.studio import ExploreResult, ImageReport, Reading
from ood_studio.ui.cards import verdict_card


def card(note: str) -> str:
    reading = Reading("neglabel", "NegLabel", 0.5, None, None, None, None)
    report = ImageReport("deep.tif", (), 1.0, (), (reading,), "", None, note)
    return verdict_card(report, ExploreResult((report,), {}, 1.0, 1, ("cat",), (), ()))


def test_it_says_how_a_deep_picture_is_shown() -> None:
    said = "samples from 0 to 7.5 are shown as black to white (as the file <says>)"
    assert (
        "<em>In this picture, samples from 0 to 7.5 are shown as black to white (as the file &lt;says&gt;).</em>"
        in (card(said))
    )
    assert "<em>" not in card("")
