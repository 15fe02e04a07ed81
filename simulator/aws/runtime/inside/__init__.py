"""What runs in the child, around the learner's handler: clock, chance, network, output, loading."""
