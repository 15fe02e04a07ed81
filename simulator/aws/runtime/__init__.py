"""A function's execution environment: a process of its own that speaks to the world over one pipe.

Import what you need from its rooms: `protocol` (values), `environment` (one process), `zygote` (the
warm parent they are forked from). `inside` and `sandbox` run in the child only. Nothing here knows
of SimPy, fibers or moto.
"""
