"""People at work while somebody restarts or kills: threads that open pages and record visits, and remember what was answered."""

import http.client
import json
import threading
import time
import uuid
from datetime import UTC, datetime

from django.test import Client


class Load:
    """Each thread opens the list of visits and records a visit in turn, each over a connection of its own, as through a proxy.

    ``saved`` are the visits that the server acknowledged; ``failures`` what went wrong otherwise. With ``patient`` a request that
    failed is sent again until it is answered, as a phone does, and is no failure.
    """

    def __init__(self, port, *, rep, store, threads=4, patient=False):
        client = Client()
        client.force_login(rep)
        client.get("/visits/")
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Connection": "close",
            "Accept": "text/html",
        }
        self.token = cookies.get("ka_csrf", "")
        self.port, self.store, self.patient = port, store, patient
        self.saved, self.failures, self.answered, self.longest, self.statuses = [], [], 0, 0.0, set()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _number in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _work(self):
        while not self._ended.is_set():
            self._until_answered("GET", "/visits/")
            visit = str(uuid.uuid4())
            now = datetime.now(UTC).isoformat()
            document = {"visit": visit, "header": {"store": self.store.pk, "purpose": "routine"}, "check_in": {"at": now}}
            if self._until_answered("POST", "/visits/api/record/", json.dumps(document)):
                self.saved.append(visit)
            time.sleep(0.02)

    def _until_answered(self, verb, address, body=None):
        """Whether the server said yes in the end."""
        while True:
            try:
                status = self._ask(verb, address, body)
                self.statuses.add(status)
                if status == 200:
                    return True
                problem = f"{verb} {address}: {status}"
            except (OSError, http.client.HTTPException) as error:
                problem = f"{verb} {address}: {type(error).__name__}"
            self.failures.append(problem)
            if not self.patient or self._ended.is_set():
                return False
            time.sleep(0.05)

    def _ask(self, verb, address, body):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = self.headers if body is None else {**self.headers, "Content-Type": "application/json", "X-CSRFToken": self.token}
            connection.request(verb, address, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            self.answered += 1
            return answer.status
        finally:
            self.longest = max(self.longest, time.monotonic() - began)
            connection.close()
