"""The served cloud: AWS on a loopback port, its time modes and its control routes."""

from simulator.aws.endpoint.serve import serve

__all__ = ["serve"]
