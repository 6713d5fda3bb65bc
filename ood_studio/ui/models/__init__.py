"""The Models tab: which model to use, and why."""
