"""What the energies mean: evidence, ranking and explanation by a Llama. torch and transformers."""

import os

# OpenMP threads that spin while they wait starve whatever shares the processor. Read once, when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
