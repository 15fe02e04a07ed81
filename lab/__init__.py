"""The teaching engine: scenarios as values, runs over them, and what a run proves."""
