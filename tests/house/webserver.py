"""The real web server for tests that restart, kill or starve it, and somebody to record visits."""

import contextlib
import http.client
import signal
import socket
import time

from django.conf import settings

from tests.servers import free_port


class Web:
    """``bin/web`` with its own socket, or with one that somebody holds for it as a systemd socket unit does."""

    def __init__(self, start_process, listening=None, **environment):
        self.start_process, self.listening = start_process, listening
        self.environment = {"KA_SECRET_KEY": settings.SECRET_KEY, **environment}  # this process signs the sessions
        self.port = listening.getsockname()[1] if listening else free_port()

    def start(self, *, before=""):
        """Start it and wait until it answers; ``before`` are words of bash that come first."""
        if self.listening:
            words = f"{before} exec 3<&{self.listening.fileno()}; export LISTEN_FDS=1 LISTEN_PID=$$; exec bin/web"
            self.process = self.start_process(["bash", "-c", words], pass_fds=(self.listening.fileno(),), **self.environment)
        else:
            self.process = self.start_process(["bash", "-c", f"{before} exec bin/web"], KA_PORT=str(self.port), **self.environment)
        self.wait_until_it_answers()

    def wait_until_it_answers(self, *, address="/healthz", seconds=60):
        """Ask until the answer is 200; returns after how many seconds that was."""
        began = time.monotonic()
        while self.status_of(address) != 200:
            assert time.monotonic() < began + seconds
            time.sleep(0.05)
        return time.monotonic() - began

    def status_of(self, address):
        """The status of one GET, or None where nothing answered."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            try:
                connection.request("GET", address)
                return connection.getresponse().status
            except (OSError, http.client.HTTPException):
                return None

    def restart(self):
        """What systemd does: SIGTERM, wait for the end, start."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0
        self.start()

    def reload(self):
        """SIGHUP: new processes take over from the old ones, the socket stays."""
        self.process.send_signal(signal.SIGHUP)
        time.sleep(1)
        self.wait_until_it_answers()


@contextlib.contextmanager
def held_socket():
    """A listening socket that outlives the web server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        yield listening
