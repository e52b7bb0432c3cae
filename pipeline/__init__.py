"""What the energies of the candidates are: from species to ground states to descriptors. PySCF, OpenFermion, Qiskit."""
