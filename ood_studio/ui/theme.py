"""The look of the app: theme, style sheet, presenter mode. All fonts come with gradio, none from the network."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

from ood_studio.core.paths import ASSETS
from ood_studio.ui.loading_status import without_inputs
from ood_studio.ui.scripts import scripts

STYLE = ASSETS / "style.css"

PRESENTER = """
:root { font-size: 20px; }
.gradio-container { max-width: 1880px !important; }
footer { display: none !important; }
"""


def studio_theme() -> gr.themes.Base:
    """The theme in light and dark; all text has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).

    Weight 700 and not 600: gradio 6.31 carries its semi-bold IBM Plex without the basic Latin letters.
    """
    return gr.themes.Soft(
        primary_hue="blue",
        secondary_hue="green",
        neutral_hue="slate",
        font=[LocalFont("IBM Plex Sans", (400, 700)), "ui-sans-serif", "system-ui", "sans-serif"],
        font_mono=[LocalFont("IBM Plex Mono", (400, 700)), "ui-monospace", "monospace"],
    ).set(
        background_fill_primary="*neutral_50",  # Soft's own, which `set` forgets
        body_text_color_subdued="*neutral_600",
        block_label_text_color="*primary_700",
        block_title_text_color="*primary_700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        checkbox_border_color="*neutral_500",
        checkbox_label_background_fill_selected="*primary_600",
        input_border_width="1px",
        input_border_color="*neutral_400",
    )


def frame() -> str:
    """What the page's head holds: the rules for what lies around gradio's main element, and scripts."""
    return f"<style>{(ASSETS / 'frame.css').read_text(encoding='utf-8')}</style>{scripts()}{without_inputs()}"


def style(presenter: bool) -> str:
    """The style sheet, larger for a stage."""
    return STYLE.read_text(encoding="utf-8") + (PRESENTER if presenter else "")
