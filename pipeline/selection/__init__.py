"""Selection: which compounds to make next, as a quadratic binary problem and its solvers."""
