"""The running stack among faults: `python -m tests.faults --minutes 10`, as `make faults` calls it.

`serve.py` is the stack, in a process of its own; everything else is in the process that drives it.
"""
