"""What the cards of all bundled models have in common."""

from __future__ import annotations

from pathlib import Path


def card(library: str, task: str, text: str, measured: str) -> str:
    """A model card of the Hugging Face Hub.

    Args:
        library: that reads the model.
        task: the Hub's name of what it does.
        text: title and description.
        measured: the figures.
    """
    head = f"license: apache-2.0\nlibrary_name: {library}\npipeline_tag: {task}"
    return f"---\n{head}\n---\n{text}\n\n## Measured\n\n{measured}\n"


def megabytes(folder: Path) -> str:
    """The size of the weights in a folder."""
    return f"{sum(file.stat().st_size for file in folder.glob('*.safetensors')) / 1e6:.1f} MB"
