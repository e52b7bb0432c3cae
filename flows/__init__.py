"""When and where screens run: Prefect flows, command line and report."""

import atexit
import gc

# What is imported stays: looking through it again and again for garbage takes a third of a screen's start and end.
gc.set_threshold(10_000)
atexit.register(gc.freeze)
