"""Which routes the stock clients call: counted by the servers, kept in covered_routes.json.

`SLIPWAY_WRITE_COVERED_ROUTES=1 python3 -m pytest tests/interop` writes the list, or the part of the modules that run
beside test_covered_routes.py; every other run of the whole folder compares with it. docs/dialects-routes.md shows it.
"""

import collections
import json
import pathlib
import re
import signal

from support.server import Server, wait_until

LIST = pathlib.Path(__file__).resolve().parent / "covered_routes.json"
ASKING = "/metrics"  # what is asked for the counts, which are without these requests
COUNTER = re.compile(
    r'^slipway_http_requests_total{route="([^"]*)",method="([A-Z]+)",status="[^"]*"} (\d+)$', re.M
)


class Recorder:
    """Watches the servers of this folder's tests; what is not a request of Server.request came from a client."""

    def __init__(self):
        self.current = None  # the module whose test runs, when it is one of this folder
        self.ran = set()
        self.seen = collections.defaultdict(set)  # "GET /v2" -> modules
        self._marks = {}
        self._asked = collections.Counter()  # how often each server was asked for its counts
        self._start, self._request = Server.start, Server.request
        self._send_signal, self._kill = Server.send_signal, Server.kill

    def watch(self):
        recorder = self

        def start(server):
            recorder._start(server)
            recorder._asked[server] = 0
            if recorder.current:
                recorder._marks[server] = recorder._read(server)
            return server

        def request(server, *args, **options):
            if server not in recorder._marks:
                return recorder._request(server, *args, **options)
            recorder._settle(server)
            answer = recorder._request(server, *args, **options)
            if args[1] == ASKING:
                recorder._asked[server] += 1
                return answer
            # It is counted a moment after its answer; what else is counted meanwhile is a client's.
            route = wait_until(lambda: recorder._new_route(server, args[0], args[1]), what="a count of the request")
            recorder._marks[server][route] += 1
            return answer

        def send_signal(server, number):
            if number == signal.SIGTERM:  # afterwards it takes no more connections
                recorder._end(server)
            recorder._send_signal(server, number)

        def kill(server):
            recorder._end(server)
            recorder._kill(server)

        Server.start, Server.request = start, request
        Server.send_signal, Server.kill = send_signal, kill

    def _read(self, server):
        counts = collections.Counter()
        for route, method, count in COUNTER.findall(self._request(server, "GET", ASKING).text):
            if route != "unmatched":
                counts[f"{method} {route}"] += int(count)
        others = counts[f"GET {ASKING}"] - self._asked[server]
        counts[f"GET {ASKING}"] = max(0, others)  # the latest of ours may not be counted yet
        self._asked[server] += 1
        return counts

    def _new_route(self, server, method, path):
        """The route of a request of ours, if it is counted."""
        asked = f"{method} {path.partition('?')[0]}"
        for route in self._read(server) - self._marks[server]:
            if re.fullmatch(re.sub(r"\\{[^}]*\}", ".+", re.escape(route)), asked):
                return route
        return None

    def _settle(self, server):
        now = self._read(server)
        for route in now - self._marks[server]:
            if self.current:
                self.seen[route].add(self.current)
        self._marks[server] = now

    def _end(self, server):
        if server in self._marks and server.is_running():
            self._settle(server)
        self._marks.pop(server, None)

    def settle(self):
        for server in self._marks:
            self._settle(server)

    def routes(self):
        return {route: sorted(modules) for route, modules in sorted(self.seen.items())}


def written():
    return json.loads(LIST.read_text(encoding="utf-8"))


def write(routes, ran):
    """@param ran  modules of which every test ran; what is written of others stays."""
    merged = {
        route: [module for module in modules if module not in ran]
        for route, modules in written().items()
    }
    for route, modules in routes.items():
        merged[route] = sorted(merged.get(route, []) + modules)
    routes = {route: modules for route, modules in sorted(merged.items()) if modules}
    LIST.write_text(json.dumps(routes, indent=1) + "\n", encoding="utf-8")


recorder = Recorder()
