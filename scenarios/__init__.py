"""The labs: each folder below a family is one scenario, found by being there."""
