"""The panes of the lab screen, one a file."""
