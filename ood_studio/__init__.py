"""OOD Studio: a visual laboratory for out-of-distribution detection with CLIP-like models."""

__version__ = "0.1.0"
