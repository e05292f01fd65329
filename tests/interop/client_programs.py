"""gRPC clients of other languages: each is a program in clients/ that makes the calls it is told to.

A call is one line of JSON on its standard input (`ClientProgram.start` has the fields). It prints one line for each
answer, {"message": …}, and one for the end of the call, {"code": …, "details": …}. Messages are in protobuf's JSON
form with the names of the .proto files.

What a client is made of is fetched by its language's own tool into build/interop-clients; where that is not possible,
CannotMake says why.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = HERE / "clients"
BUILD = ROOT / "build" / "interop-clients"
PROTO = ROOT / "proto"
CONTRACTS = ["inference/grpc_service.proto", "grpc/health/v1/health.proto"]
FETCH_TIMEOUT_S = 300
ANSWER_TIMEOUT_S = 60  # the first call of a program includes its start
DEADLINE_MS = 20_000
OK = 0


class CannotMake(Exception):
    """No tool of that language here, or its registry does not answer."""


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise CannotMake(f"{name} is not installed")
    return path


def fetch(folder, command, manifests):
    """Runs `command` in `folder`, which it makes, unless that was done for the same `manifests`."""
    stamp = folder / "manifests.sha256"
    wanted = hashlib.sha256(b"".join(each.read_bytes() for each in manifests)).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for each in manifests:
        shutil.copy(each, folder)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise CannotMake(str(error)) from None
    if done.returncode != 0:
        raise CannotMake(f"{pathlib.Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
    stamp.write_text(wanted, encoding="ascii")


def contracts():
    """@return the path of the contracts as a FileDescriptorSet."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / "contracts.pb"
    command = [tool("protoc"), f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={path}", *CONTRACTS]
    subprocess.run(command, check=True, timeout=60)
    return path


def make_node():
    """@return command line and added environment of the client with @grpc/grpc-js."""
    source, folder = SOURCES / "node", BUILD / "node"
    fetch(
        folder, [tool("npm"), "ci", "--no-audit", "--no-fund"],
        [source / "package.json", source / "package-lock.json", ROOT / ".npmrc"],
    )
    environment = {"NODE_PATH": str(folder / "node_modules")}
    return [tool("node"), source / "client.js", PROTO, *CONTRACTS], environment


def make_go():
    """The client with grpc-go."""
    source, folder = SOURCES / "go", BUILD / "go"
    go = tool("go")
    fetch(folder, [go, "mod", "download"], [source / "go.mod", source / "go.sum"])
    subprocess.run([go, "build", "-o", folder / "client", "."], cwd=source, check=True, timeout=FETCH_TIMEOUT_S)
    return [folder / "client", contracts()], {}


def make_java():
    """The client with grpc-java."""
    source, folder = SOURCES / "java", BUILD / "java"
    tool("javac")  # java compiles the one file by itself, with what a JDK has
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    fetch(folder, [tool("mvn"), "-B", "-q", plugin, "-DoutputDirectory=jars"], [source / "pom.xml"])
    return [tool("java"), "-cp", f"{folder / 'jars'}/*", source / "Client.java", contracts()], {}


MAKERS = {"grpc-js": make_node, "grpc-go": make_go, "grpc-java": make_java}


class Call:
    """A call in progress, of which answers and end are read in their order."""

    def __init__(self, program):
        self._program = program

    def next(self):
        """The next answer. AssertionError when the call has ended instead."""
        line = self._program.read()
        assert "message" in line, line
        return line["message"]

    def end(self):
        """@return the answers that remain, the status code, and its message."""
        messages = []
        while "message" in (line := self._program.read()):
            messages.append(line["message"])
        return messages, line["code"], line["details"]


class ClientProgram:
    """A running client; one call at a time."""

    def __init__(self, command, environment):
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, **environment},
        )

    def start(
        self, address, method, *requests,
        ca=None, certificate=None, key=None, gzip=False, take=0, deadline_ms=DEADLINE_MS, keep_alive_ms=0, quiet_ms=0,
    ):
        """Begins a call on a connection of its own.

        method                 "package.Service/Method"
        ca, certificate, key   PEM files; without `ca` the connection is plain
        gzip                   requests are compressed
        take                   the call stays open and is cancelled after so many answers; 0 = it ends by itself
        keep_alive_ms          pings are sent so often while nothing else is; 0 = none
        quiet_ms               the call is made again after so long, on the same channel; 0 = it is made once
        """
        paths = {name: path and str(path) for name, path in dict(ca=ca, certificate=certificate, key=key).items()}
        asked = dict(
            address=address, method=method, requests=requests, gzip=gzip, take=take, deadline_ms=deadline_ms,
            keep_alive_ms=keep_alive_ms, quiet_ms=quiet_ms,
        )
        self._process.stdin.write(json.dumps(asked | paths) + "\n")
        self._process.stdin.flush()
        return Call(self)

    def call(self, address, method, *requests, **options):
        """@return the answers of a whole call, its status code and message."""
        return self.start(address, method, *requests, **options).end()

    def ask(self, address, method, request, **options):
        """@return the one answer of a call that must succeed."""
        messages, code, details = self.call(address, method, request, **options)
        assert code == OK, details
        [message] = messages
        return message

    def read(self):
        watchdog = threading.Timer(ANSWER_TIMEOUT_S, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, "the client program has ended, or said nothing in time"
        return json.loads(line)

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
