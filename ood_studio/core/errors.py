"""The project's own error."""


class StudioError(ValueError):
    """One clear sentence for the person at the screen: what was expected, what came, what to do."""
