"""Watches that a server stays ready."""

import threading


class Readiness:
    """Asks again and again whether the server and the model "m" are ready, until the block ends."""

    PATHS = ("/v2/health/ready", "/v2/models/m/ready", "/v2/health/live")

    def __init__(self, server):
        self.server = server
        self.rounds = 0
        self.problems = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self.is_over.wait(0.01):
            self._ask_once()

    def _ask_once(self):
        for path in self.PATHS:
            try:
                answer = self.server.get(path)
            except Exception as error:  # a thread's exception would go unseen
                self.problems.append(f"{path}: {error!r}")
            else:
                if answer.status != 200:
                    self.problems.append(f"{path}: {answer!r}")
        self.rounds += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        self.is_over.set()
        self.thread.join()

    def check(self):
        """It was so before, during and after."""
        self._ask_once()
        assert self.rounds > 1
        assert self.problems == []
