"""What the candidates are: reading, standardising, profiling, drawing and deriving species. RDKit only."""
