"""OOD Studio: a visual laboratory for out-of-distribution detection with CLIP-like models."""

import os

__version__ = "0.1.0"

# Read when torch is loaded: threads that wait for each other then sleep. Where they spin, as is the default, a
# miniature takes fifty times as long on a machine with a few other busy processes as it needs alone.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
