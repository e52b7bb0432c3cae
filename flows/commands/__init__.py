"""The commands of ``eigenlead``, which flows/cli.py puts together."""
