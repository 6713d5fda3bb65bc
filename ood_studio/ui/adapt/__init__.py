"""The Adapt tab."""
