"""Slipway started by another server's command line."""

from support.server import Server, slipway_path, wait_until


class Switched(Server):
    """A server that is told everything by `words`, the other server's own; `port` is one of HTTP.

    program   what the program is called; None: `slipway serve --as`
    """

    def __init__(self, personality, words, port, env=None, program=None):
        super().__init__(http=f"127.0.0.1:{port}", env=env)
        start = [program] if program else [slipway_path(), "serve", "--as", personality]
        self.command = [*map(str, start), *map(str, words)]

    def at(self, port):
        """The same server by another of its ports: for requests only."""
        return Server(http=f"127.0.0.1:{port}")


def wait_for_metric(server, line, path="/metrics"):
    """A request is counted just after its answer was sent."""
    wait_until(lambda: line in server.get(path).text, what=line)
