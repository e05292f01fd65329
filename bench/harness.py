"""Processes on their own cores, load, CPU time and bodies: what every measurement of bench/run needs."""

import contextlib
import functools
import json
import math
import os
import pathlib
import shutil
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
GRPC_PATHS = ["/inference.GRPCInferenceService/ModelInfer"]
LOAD_LIMIT_S = 600
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """A measurement that cannot be taken, in one sentence that says what to do."""


def program(build, name):
    """Path of a built program, or of one on the PATH."""
    built = {"slipway": build / "slipway"}.get(name, build / "bench" / name)
    if built.exists():
        return str(built)
    path = os.environ["PATH"] + os.pathsep + str(ROOT / "third_party" / "tools" / "bin") + ":/usr/sbin"
    found = shutil.which(name, path=path)
    if not found:
        raise BenchError(f"{name} is missing: run make bench-programs first")
    return found


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A process on some cores, ended at the end of the `with` block."""

    def __init__(self, command, cores, env=None):
        self.log = None
        self.command, self.cores, self.env = [str(word) for word in command], cores, env

    def start(self, log):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, **(self.env or {})},
            preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        return self

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def log_tail(self):
        return "\n".join(pathlib.Path(self.log.name).read_text(errors="replace").splitlines()[-20:])

    def cpu_seconds(self):
        """User and system time so far, all threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def rss_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
        return 0.0


def wait_until_idle(processes, limit_s=60):
    """Until what clients left behind when they went is done, and what servers do when they have time: else the next to
    be measured would share its core with that."""
    quiet_s = 0.25
    used = sum(process.cpu_seconds() for process in processes)
    for _ in range(math.ceil(limit_s / quiet_s)):
        time.sleep(quiet_s)
        before, used = used, sum(process.cpu_seconds() for process in processes)
        if used - before < 1.5 / TICKS_PER_S:
            return
    raise BenchError(f"servers are busy for {limit_s} s without a request")


class Endpoint(Process):
    """A process that answers HTTP on a port of its own."""

    def __init__(self, command, port, cores=(SERVER_CORE,), env=None):
        super().__init__(command, set(cores), env)
        self.port = port

    def wait_until_open(self, limit_s=60):
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise BenchError(f"{' '.join(self.command)} does not answer:\n{self.log_tail()}")

    def exchange(self, request, limit_s=30):
        """Sends a raw request on a fresh connection; (status, body) of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), limit_s) as connection:
            connection.sendall(request)
            with connection.makefile("rb") as stream:
                status = int(stream.readline().split()[1])
                length = 0
                for line in iter(stream.readline, b"\r\n"):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                return status, stream.read(length)


def slipway(build, models, data, cores=(SERVER_CORE,), port=None, options=()):
    port = port or free_port()
    return Endpoint([program(build, "slipway"), "serve", *models, "--http", f"127.0.0.1:{port}",
                     "--data", data, *options], port, cores)


def nginx(build, folder, body, content_type="application/json"):
    """One nginx process that answers everything with `body`."""
    port = free_port()
    text = body.decode().replace("\\", "\\\\").replace("'", "\\'")
    config = folder / "nginx.conf"
    config.write_text(f"""
        daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
        events {{ worker_connections 1024; }}
        http {{
          access_log off; keepalive_requests 1000000000; client_max_body_size 8m; tcp_nodelay on;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          server {{
            listen 127.0.0.1:{port};
            location / {{ default_type {content_type}; return 200 '{text}'; }}
          }}
        }}""")
    return Endpoint([program(build, "nginx"), "-p", folder, "-e", folder / "nginx.log", "-c", config], port)


def fixed_reply(build, folder, request_bytes, body):
    port = free_port()
    reply = folder / "reply.http"
    reply.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                      % (len(body), body))
    return Endpoint([program(build, "fixed_reply"), port, request_bytes, reply], port)


def nghttpd(build, folder, body):
    """Answers every path of GRPC_PATHS over HTTP/2 with `body`, from a file."""
    port = free_port()
    root = folder / "nghttpd"
    for path in GRPC_PATHS:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return Endpoint([program(build, "nghttpd"), "--no-tls", "-d", root, port], port)


def grpc_baseline(build):
    port = free_port()
    return Endpoint([program(build, "grpc_baseline"), port], port)


def load(build, port, request_files, seconds, connections, cores=(LOAD_CORE,)):
    """Closed-loop load: {"requests", "seconds", "p50_us", "p99_us"}. It spins on the load's own core; on cores
    that it shares with the server it sleeps, one process a core."""
    return _closed_loop(cores, connections, lambda mode, share: [
        program(build, "load"), mode, port, seconds, share, *request_files])


def grpc_load(build, port, message_files, seconds, connections, streams, cores=(LOAD_CORE,), path=GRPC_PATHS[0]):
    """As load, with `streams` unary calls open on each connection."""
    return _closed_loop(cores, connections, lambda mode, share: [
        program(build, "grpc_load"), mode, port, seconds, share, streams, path, *message_files])


def _closed_loop(cores, connections, command):
    """One process a core, or one that may use all of them where there is a single connection."""
    count = min(len(cores), connections)
    mode = "spin" if cores == (LOAD_CORE,) else "sleep"
    processes = [_start_load(command(mode, connections // count), {cores[index]} if count == len(cores) else set(cores))
                 for index in range(count)]
    results = [_load_result(process) for process in processes]
    total = max(results, key=lambda result: result["p50_us"])
    total["requests"] = sum(result["requests"] for result in results)
    return total


def open_load(build, port, request_files, seconds, connections, rate, limits_us):
    """Open-loop load of `rate` requests a second on the load's own core: besides what load returns "due", and of
    these "refused" (with another status than 200) and "in_time" (those with 200 within each of the limits)."""
    pace = f"{rate:.1f}:{','.join(f'{limit:.1f}' for limit in limits_us)}"
    return _load_result(_start_load([program(build, "load"), pace, port, seconds, connections, *request_files],
                                    {LOAD_CORE}))


def _start_load(command, cores):
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=functools.partial(os.sched_setaffinity, 0, cores))


def _load_result(process):
    out, complaint = process.communicate(timeout=LOAD_LIMIT_S)
    name = pathlib.Path(process.args[0]).name
    if process.returncode != 0:
        raise BenchError(f"{name} failed: {complaint}")
    result = json.loads(out)
    if result["errors"] or not result["requests"]:
        raise BenchError(f"{name}: {result['errors']} wrong answers in {result['requests']} requests")
    return result


def cpu_us_per_request(build, endpoint, request_files, seconds, connections):
    """CPU time of the endpoint for each request of one round, in microseconds."""
    before = endpoint.cpu_seconds()
    result = load(build, endpoint.port, request_files, seconds, connections)
    return (endpoint.cpu_seconds() - before) * 1e6 / result["requests"]


def bare_ort(build, model, input_file, seconds, threads=1):
    """(first output's first values, {"runs", "wall_us", "cpu_us"}) of ONNX Runtime alone."""
    with start_bare_ort(build, model, input_file, seconds, threads) as process:
        lines = process.communicate(timeout=seconds + 120)[0].splitlines()
    if process.returncode != 0:
        raise BenchError("bare_ort failed, see its message above")
    return [float(word) for word in lines[0].split()], json.loads(lines[1]) if len(lines) > 1 else None


def start_bare_ort(build, model, input_file, seconds=0, threads=1, optimised=None):
    """@param optimised  where the graph is written to that ONNX Runtime runs."""
    command = [program(build, "bare_ort"), model, input_file, seconds, threads, *([optimised] if optimised else [])]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
