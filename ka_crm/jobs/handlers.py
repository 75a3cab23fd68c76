"""Which function does which kind of job, and what the clock's hooks are.

    # reports/tasks.py
    @job_handler("reports.render", title=_("Render a report"))
    def render(job, *, report_id):
        pages = ...                                # slow, writes nothing
        job.progress(3, 10, _("Section 3"))        # never fails, at most two writes a second
        job.raise_if_cancelled()                   # at points where stopping is safe
        with job.finishing({"url": report.get_absolute_url()}):
            ReportFile.objects.create(...)         # effects and "done" in one transaction, or neither

A handler runs **at least once**: a worker may be killed after the effects of a handler that does not use
``finishing``, and then another worker runs it again. So either write all effects in ``job.finishing`` (exactly once),
or in ``with job.once("step") as first: if first: …`` blocks (each step exactly once), or with natural keys.
Five attempts that get nowhere make a dead letter, which a person reads and runs again; so long work does its part in
steps that last: ``once``, or ``job.step_lasts()`` as the last word of a step's own transaction.
What a handler returns (a dict that JSON can hold, or None) becomes ``job.result``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import autodiscover_modules

_HANDLERS = {}
_HOOKS = {}


@dataclass(frozen=True)
class Handler:
    """How one kind of job is done."""

    kind: str
    function: Callable
    title: str
    max_attempts: int


@dataclass(frozen=True)
class Hook:
    """A question that each worker's loop asks about every ``seconds``: what is due?"""

    name: str
    function: Callable
    seconds: float


def job_handler(kind, *, title="", max_attempts=5):
    """Register the decorated function as the doer of ``kind`` (written ``app.verb``).

    Called as ``function(job, **args)`` with a runner.RunningJob. Raises ValueError if another function has the kind.
    """

    def register(function):
        taken = _HANDLERS.get(kind)
        if taken and (taken.function.__module__, taken.function.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"Two handlers of kind “{kind}”: {taken.function.__module__} and {function.__module__}.")
        _HANDLERS[kind] = Handler(kind, function, title, max_attempts)
        return function

    return register


def every(name, *, seconds):
    """Register ``f(now)`` to be called about every ``seconds`` in each worker; two workers mean twice as often.

    The function asks what is due at the instant ``now`` and enqueues it; a unique constraint of its own, not the
    clock, makes that happen once. It must be short: heavy work is a job.
    """

    def register(function):
        _HOOKS[name] = Hook(name, function, seconds)
        return function

    return register


def registered_jobs():
    """All handlers by kind, after reading each app's ``tasks.py``."""
    autodiscover_modules("tasks")
    return dict(_HANDLERS)


def registered_hooks():
    """All hooks of the clock by name, after reading each app's ``tasks.py``."""
    autodiscover_modules("tasks")
    return dict(_HOOKS)


def handler_of(kind):
    """The handler of ``kind``. Raises LookupError naming the kind if no app has one."""
    handler = _HANDLERS.get(kind) or registered_jobs().get(kind)
    if handler is None:
        raise LookupError(f"No app handles jobs of kind “{kind}”.")
    return handler


def title_of(kind):
    """What people call jobs of ``kind``; the kind itself if its app is gone."""
    try:
        return handler_of(kind).title or kind
    except LookupError:
        return kind
