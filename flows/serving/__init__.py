"""Serving: screens for a team, on a Prefect server."""
