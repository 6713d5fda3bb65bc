"""Measures the bundled models for docs/figures.md and the model cards."""
