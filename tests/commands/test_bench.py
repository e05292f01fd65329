"""slipway bench and slipway predict against a real server: gRPC, TLS, open loops, sweeps, reports that are compared."""

import json
import signal
import ssl
import subprocess
import time

import pytest

from support.certificates import Authority
from support.models import EXAMPLES, ROOT
from support.server import Server, slipway_path

SHORT = ["--duration", "300ms", "--warm-up", "50ms"]


@pytest.fixture(scope="module")
def server():
    with Server(EXAMPLES) as started:
        yield started


@pytest.fixture
def address(server):
    return f"{server.address}/v2/models/digits"


def report_of(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("body", ["binary", "json"])
def test_http(slipway, address, body):
    report = report_of(slipway("bench", f"http://{address}", "--format", body, "--json", "--verify", *SHORT))
    assert (report["protocol"], report["body"], report["model"], report["version"]) == ("http", body, "digits", "1")
    (run,) = report["runs"]
    assert run["by_status"] == {"200": run["completed"]}
    assert run["latency_us_by_status"] == {"200": run["latency_us"]}
    assert sum(count for _, count in run["histogram_us"]) == run["completed"] == run["succeeded"]
    assert run["latency_us"]["p50"] <= run["latency_us"]["p99"] <= run["latency_us"]["max"]


@pytest.mark.parametrize("words", [["grpc://{}"], ["http://{}", "--protocol", "grpc"]])
def test_grpc(slipway, address, words):
    words = [word.format(address) for word in words]
    report = report_of(slipway("bench", *words, "-c", "8", "--verify", "--json", *SHORT))
    assert (report["protocol"], report["body"], report["version"]) == ("grpc", "binary", "1")
    assert report["runs"][0]["by_status"] == {"0": report["runs"][0]["completed"]}


def test_a_sweep_prints_a_table_and_its_knee(slipway, address):
    done = slipway("bench", f"grpc://{address}", "--sweep", "1,2,4", *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["in", "flight", "answers/s", "p50", "p90", "p99", "p99.9", "errors"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "4"]
    assert sum(line.endswith("<- knee") for line in lines) == 1


def test_a_rate_that_cannot_be_kept_is_told(slipway, address):
    done = slipway("bench", f"http://{address}", "--rate", "500000", "--concurrency", "2", *SHORT)
    assert done.returncode == 1
    assert "500000.0 a second asked for (constant)" in done.stdout
    assert "the rate was not kept" in done.stdout and " never sent" in done.stdout


def test_an_open_loop_keeps_its_rate(slipway, address):
    for arrivals in ("constant", "poisson"):
        done = slipway("bench", f"http://{address}", "--rate", "200", "--arrivals", arrivals, "--json", *SHORT)
        (run,) = json.loads(done.stdout)["runs"]
        assert run["arrivals"] == arrivals
        assert run["completed"] + run["unsent"] == pytest.approx(60, abs=0 if arrivals == "constant" else 30)


def bench_while_stalled(*words):
    """The one run of a report on a server that stands still for 300 ms in the middle of it."""
    with Server(EXAMPLES / "digits") as stalling:
        url = f"http://{stalling.address}/v2/models/digits"
        command = [slipway_path(), "bench", url, *words, "--json", "--duration", "2s", "--warm-up", "0s"]
        bench = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        stalling.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        stalling.send_signal(signal.SIGCONT)
        text, _ = bench.communicate(timeout=60)
    return json.loads(text)["runs"][0]


def test_a_stall_of_the_server_shows_in_an_open_loop_only():
    # 300 ms of 2 s: a seventh of what was due waited for it.
    open_loop = bench_while_stalled("--rate", "300")
    assert open_loop["latency_us"]["p99"] > 200_000
    assert open_loop["latency_us"]["p90"] > 50_000
    # One request of thousands met it.
    closed_loop = bench_while_stalled()
    assert closed_loop["latency_us"]["max"] > 250_000
    assert closed_loop["latency_us"]["p99"] < 100_000


def test_a_report_is_compared_with_an_earlier_one(slipway, address, tmp_path):
    now = slipway("bench", f"http://{address}", "--sweep", "1,2", "--json", *SHORT)
    earlier = report_of(now)
    # An earlier server that was ten times as fast, without noise.
    for run in earlier["runs"]:
        for figure in ("p50", "p90", "p99", "p99.9"):
            run["latency_us"][figure] = 1.0
            run["slices"][figure] = [1.0] * 10
        run["slices"]["per_second"] = [1e7] * 10
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps(earlier), encoding="utf-8")
    worse = slipway("bench", f"http://{address}", "--sweep", "1,4", "--compare", path, *SHORT)
    assert worse.returncode == 1
    assert "4 in flight: not in the earlier report" in worse.stdout
    assert "answers/s" in worse.stdout and "(worse)" in worse.stdout

    for run in earlier["runs"]:
        run["slices"] = {name: [value * 1e9 for value in values] if name != "per_second" else [1e-3] * 10
                         for name, values in run["slices"].items() if name != "seconds"}
    path.write_text(json.dumps(earlier), encoding="utf-8")
    better = slipway("bench", f"grpc://{address}", "--compare", path, "--json", *SHORT)
    comparison = report_of(better)["comparison"]
    assert comparison["worse"] is False
    assert "protocol: http, now grpc" in comparison["not_alike"]
    assert comparison["runs"][0]["p50"]["verdict"] == "better"


def test_what_is_no_report_is_refused_before_anything_is_measured(slipway, address, tmp_path):
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    done = slipway("bench", f"http://{address}", "--compare", path)
    assert done.returncode == 2 and "expected a report of slipway bench --json" in done.stderr


def test_predict_says_the_same_over_grpc(slipway, address, tmp_path):
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([[[[float(8 * y + x) for x in range(8)] for y in range(8)]]]), encoding="utf-8")
    here = slipway("predict", f"http://{address}", "-i", rows)
    there = slipway("predict", f"grpc://{address}/versions/1", "-i", rows)
    assert here.returncode == 0 and there.returncode == 0, here.stderr + there.stderr
    assert here.stdout == there.stdout
    missing = slipway("predict", f"grpc://{server_of(address)}/v2/models/nope", "-i", rows)
    assert missing.returncode == 1 and "gRPC NOT_FOUND" in missing.stderr


def server_of(address):
    return address.partition("/")[0]


@pytest.fixture(scope="module")
def mutual(tmp_path_factory):
    """(server, authority of servers, a client's certificate): TLS that asks for certificates."""
    folder = tmp_path_factory.mktemp("certificates")
    servers, clients = Authority(folder, "servers"), Authority(folder, "clients")
    args = [*servers.issue("localhost").arguments, "--tls-client-ca", clients.certificate]
    client = clients.issue("robot")
    context = ssl.create_default_context(cafile=servers.certificate)
    context.load_cert_chain(client.certificate, client.key)
    with Server(EXAMPLES / "digits", args=args, tls=context) as started:
        yield started, servers, client


def own(client):
    return ["--tls-certificate", client.certificate, "--tls-key", client.key]


@pytest.mark.parametrize("scheme", ["https", "grpcs"])
def test_tls(slipway, mutual, scheme):
    server, authority, client = mutual
    url = f"{scheme}://{server.address}/v2/models/digits"
    report = report_of(
        slipway("bench", url, "-c", "4", "--json", "--verify", "--tls-ca", authority.certificate, *own(client), *SHORT)
    )
    assert report["tls"] is True

    stranger = slipway("bench", url, *own(client), *SHORT)
    assert stranger.returncode == 1
    assert "the server's certificate is not accepted: certificate verify failed" in stranger.stderr

    nobody = slipway("bench", url, "--tls-ca", authority.certificate, *SHORT)
    assert nobody.returncode == 1 and "certificate required" in nobody.stderr

    other_name = slipway("bench", url.replace("127.0.0.1", "127.0.0.2"), "--tls-ca", authority.certificate, *SHORT)
    assert other_name.returncode == 1 and ("mismatch" in other_name.stderr or "refused" in other_name.stderr)


def test_predict_over_tls(slipway, mutual, tmp_path):
    server, authority, client = mutual
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([[[[0.0] * 8] * 8]]), encoding="utf-8")
    done = slipway("predict", f"https://{server.address}/v2/models/digits", "-i", rows,
                   "--tls-ca", authority.certificate, *own(client))
    assert done.returncode == 0, done.stderr


def test_tls_command_lines(slipway, mutual, address):
    server, authority, client = mutual
    url = f"https://{server.address}/v2/models/digits"
    for words, problem in [
        ([f"http://{address}", "--tls-ca", authority.certificate], "is spoken to without TLS"),
        ([url, "--tls-ca", "/nonexistent.pem"], '--tls-ca: "/nonexistent.pem": cannot be opened'),
        ([url, "--tls-ca", client.key], "got a private key"),
        ([url, "--tls-certificate", client.certificate], "need each other"),
    ]:
        done = slipway("bench", *words)
        assert done.returncode == 2, words
        assert problem in done.stderr and done.stderr.count("\n") == 1
    plain = slipway("bench", f"https://{address}")
    assert plain.returncode == 1 and "the server speaks without TLS" in plain.stderr


def test_columns_of_csv_go_by_their_names(slipway, server, tmp_path):
    bundle = EXAMPLES / "breast_cancer" / "1"
    names = [feature["name"] for feature in json.loads((bundle / "manifest.json").read_text())["feature_schema"]["features"]]
    values = [str(i / 7) for i in range(len(names))]
    rows = {"given": (names, values), "reversed": (names[::-1], values[::-1]), "unknown": (["radius", *names[1:]], values)}
    for name, lines in rows.items():
        (tmp_path / f"{name}.csv").write_text("".join(",".join(line) + "\n" for line in lines))
    given, turned, unknown = (slipway("predict", bundle, "-i", tmp_path / f"{name}.csv") for name in rows)
    assert given.returncode == turned.returncode == 0, given.stderr + turned.stderr
    assert (given.stdout, turned.stdout, given.stderr) == (turned.stdout, given.stdout, "")
    assert unknown.returncode == 1 and 'unknown columns "radius"; missing columns "mean radius"' in unknown.stderr
    for name in ("given", "reversed"):
        there = slipway("predict", f"http://{server.address}/v2/models/breast_cancer", "-i", tmp_path / f"{name}.csv")
        assert (there.stdout, there.stderr) == (given.stdout, "")


def test_a_server_that_goes_away_leaves_a_report(tmp_path):
    with Server(EXAMPLES) as leaving:
        words = ["bench", f"http://{leaving.address}/v2/models/digits", "--duration", "30s", "--warm-up", "0s", "--json"]
        bench = subprocess.Popen([slipway_path(), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        assert leaving.stop() == 0
    out, err = bench.communicate(timeout=20)
    report = json.loads(out)
    assert (bench.returncode, err) == (1, "")
    assert report["runs"][0]["failures"] == 0
    assert report["ended_early"] and report["runs"][0]["completed"] > 0
    assert report["runs"][0]["seconds"] < 15
