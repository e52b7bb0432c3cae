"""Two screens held against each other: what moved, entered and left, and what was done differently."""
