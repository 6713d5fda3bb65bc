"""Diorama: a procedural picture-book world with exact ground truth."""
