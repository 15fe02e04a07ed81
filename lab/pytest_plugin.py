"""Checks as pytest items."""
