"""What the lab tells a person in one sentence, in place of a traceback."""

from __future__ import annotations


class LabError(Exception):
    """Something a person can put right; the message says what, where and what to do."""


class UnknownScenarioError(LabError):
    """There is no scenario of that name."""


class BrokenScenarioError(LabError):
    """A scenario's folder is there, and its scenario.py cannot be used."""


class UndecidedError(LabError):
    """A run gave no verdict: its process died, took too long or could not write."""
