"""What `eigenlead serve` serves: the form and the runs of Prefect, and the finished reports."""
