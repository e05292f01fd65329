"""Watches that a server stays ready."""

import threading


class Readiness:
    """Asks again and again whether the server and the model "m" are ready, until the block ends."""

    PATHS = ("/v2/health/ready", "/v2/models/m/ready", "/v2/health/live")

    def __init__(self, server):
        self.server = server
        self.statuses = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self.is_over.wait(0.01):
            self._ask_once()

    def _ask_once(self):
        self.statuses += [(path, self.server.get(path).status) for path in self.PATHS]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self.is_over.set()
        self.thread.join()

    def check(self):
        """It was so before, during and after."""
        self._ask_once()
        assert len(self.statuses) > len(self.PATHS)
        assert set(self.statuses) == {(path, 200) for path in self.PATHS}
