"""Evaluation: metrics of separation, benchmark suites."""
