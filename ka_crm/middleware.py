"""What every request passes: an id, clean input, the person's language and time zone."""

import re
import time
import uuid
import zoneinfo

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import OperationalError, connection
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from structlog.contextvars import bind_contextvars, clear_contextvars

from . import databases, metrics, views

log = structlog.get_logger(__name__)
ID_OF_PROXY = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware:
    """Gives each request an id that logs, jobs, audit rows and error pages share, and logs one line when it is answered.

    The id of a proxy is kept, where settings say that there is one. The line names the route, never the address: that may
    hold a token or a search for somebody's name.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = _id_of_proxy(request) or uuid.uuid4().hex
        clear_contextvars()
        bind_contextvars(request_id=request.id)
        began, statements = time.perf_counter(), StatementClock()
        try:
            with statements.running():
                response = self.get_response(request)
        finally:
            clear_contextvars()
        response["X-Request-Id"] = request.id
        seconds = time.perf_counter() - began
        route = request.resolver_match.route if getattr(request, "resolver_match", None) else "(no route)"
        metrics.observe(request.method, route, response.status_code, seconds, statements)
        log.info(
            "request",
            request_id=request.id,
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000),
            statements=statements.count,
            database_ms=round(statements.seconds * 1000),
        )
        return response


def _id_of_proxy(request):
    given = request.headers.get("X-Request-Id", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return given if ID_OF_PROXY.fullmatch(given) else ""


class StatementClock:
    """Counts the statements of one request and the time they take."""

    def __init__(self):
        self.count = 0
        self.seconds = 0.0

    def running(self):
        return connection.execute_wrapper(self._timed)

    def _timed(self, execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - began


class CleanInputMiddleware:
    """Refuses NUL in the address: PostgreSQL cannot store it, and no page asks for it.

    Stands behind the person's language, so that the page of refusal speaks it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        return self.get_response(request)


class PersonMiddleware:
    """Speaks the person's language in the person's time zone; signed-in pages are never cached."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        person = request.user
        if person.is_authenticated:
            language = person.language
            zone = person.time_zone or settings.TIME_ZONE
        else:
            cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
            language = cookie if cookie in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
            zone = settings.TIME_ZONE
        with translation.override(language), timezone.override(zoneinfo.ZoneInfo(zone)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if person.is_authenticated and "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response


class DatabaseTroubleMiddleware:
    """Tries a view once more where somebody else held its rows, and says so if they still do; the innermost of all.

    Only if nothing of the first try stands: a second one may not do half of the work twice. SQLite has waited for its one
    writer for 20 s by then, so there nobody waits again.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.written = databases.Written()
        with connection.execute_wrapper(request.written.watch):
            return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        request.written.start()

    def process_exception(self, request, exception):
        if databases.is_contention(exception):
            return self._once_more(request) if _may_try_again(request) else views.busy(request)
        return views.database_trouble(request, exception)

    def _once_more(self, request):
        for file in request.FILES.values():
            file.seek(0)
        log.warning("tried again", route=request.resolver_match.route)
        try:
            return request.resolver_match.func(request, *request.resolver_match.args, **request.resolver_match.kwargs)
        except OperationalError as error:
            if databases.is_contention(error):
                return views.busy(request)
            raise


def _may_try_again(request):
    return connection.vendor != "sqlite" and not connection.in_atomic_block and not request.written.before_the_failure()
