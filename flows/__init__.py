"""When and where screens run: Prefect flows, command line and report."""
