def wake(job_id):
    """Replaced within the hour by the sending thread."""
