"""What the verdict's card says beside the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from ood_studio.studio import ExploreResult, ImageReport, Reading
from ood_studio.studio.scores import ReferenceScores, reading_of
from ood_studio.ui.cards import promised, verdict_card


def card(note: str) -> str:
    reading = Reading("neglabel", "NegLabel", 0.5, None, None, None, None)
    report = ImageReport("deep.tif", (), 1.0, (), (reading,), "", None, note)
    return verdict_card(report, ExploreResult((report,), {}, 1.0, 1, ("cat",), (), ()))


def test_it_says_what_the_threshold_promises_and_how_unusual_the_score_is() -> None:
    reference = ReferenceScores(np.linspace(0.0, 1.0, 1000), np.empty(0), "a thousand")
    reading = reading_of("neglabel", "NegLabel", 0.1, reference)
    assert reading.p_value == (1 + 100) / 1001 and reading.inside
    # The 51st of a thousand scores: its rate is Beta(51, 950), at most 6.8 % with 99 % confidence, and not 5 %.
    assert reading.promised == pytest.approx(0.0683, abs=3e-4)
    assert promised(reading) == ", which flags at most 6.8&nbsp;% of ID pictures (99&nbsp;% confidence)"
    few = reading_of("neglabel", "NegLabel", 0.1, ReferenceScores(np.array([0.3]), np.empty(0), "one"))
    assert few.promised == pytest.approx(0.99) and few.p_value == 0.5


def test_it_says_how_a_deep_picture_is_shown() -> None:
    said = "samples from 0 to 7.5 are shown as black to white (as the file <says>)"
    assert (
        "<em>In this picture, samples from 0 to 7.5 are shown as black to white (as the file &lt;says&gt;).</em>"
        in (card(said))
    )
    assert "<em>" not in card("")
