"""VQE in the particle-number sector: excitations, ansatz, fast sector simulator with its slow twin, optimiser."""
