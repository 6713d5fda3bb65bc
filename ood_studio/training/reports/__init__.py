"""Measures the bundled models for the README and the model cards."""
