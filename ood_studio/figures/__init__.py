"""Figures from results: no computing, no interface."""
