"""The ansatz as circuits of other programs."""
