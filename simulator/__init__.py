"""The cloud in virtual time: AWS's state and behaviour on one clock; knows nothing of lessons."""
