"""Validation: computed values against measured ones, with the null models in the same table."""
