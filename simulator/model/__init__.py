"""Behaviour over time: one process family a file."""
