"""Work for later: the Job row is the truth, the broker only a wake-up.

    Job.objects.enqueue("reports.render", unique_key=f"report-{report.pk}", requested_by=user, report_id=report.pk)

inside the business transaction writes the row; a Celery worker claims it by a conditional UPDATE and calls the handler
that an app's ``tasks.py`` registered with ``@job_handler("reports.render")``. Handlers run at least once: handlers.py
says how to write one.
"""
