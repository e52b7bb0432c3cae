"""Sample-based quantum diagonalisation (SQD), and what it is to be compared with."""
