"""KServe's own servers of a model, and Slipway called by their names: the same folders, the same requests, the same
answers."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request

import pytest

import stock
from kserve_server_programs import LIGHTGBM, OBJECTIVES
from support import packages
from support.server import Server, free_port, slipway_path, wait_until

VENV = packages.BUILD / "venv-kserve"
PROGRAMS = stock.HERE / "kserve_server_programs.py"
MAKE_S = 300
FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8], [5.9, 3.0, 4.2, 1.5]]
MIXED = {"length": [5.1, 6.3], "width": [3.5, 2.9], "colour": ["blue", "green"]}
NAMED = ["sepal_length_(cm)", "sepal_width_(cm)", "petal_length_(cm)", "petal_width_(cm)"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    missing = packages.install(VENV, stock.HERE / "kserve_servers.txt")
    if missing:
        pytest.skip(missing)
    place = tmp_path_factory.mktemp("models")
    subprocess.run([VENV / "bin" / "python", PROGRAMS, "make", place], check=True, timeout=MAKE_S)
    return place


@contextlib.contextmanager
def kserve_of(kind, model, env):
    """KServe with the model of a folder. Yields its address."""
    http, grpc = free_port(), free_port()
    words = [f"--http_port={http}", f"--grpc_port={grpc}", "--model_name=model", f"--model_dir={model}"]
    process = subprocess.Popen(
        [VENV / "bin" / "python", PROGRAMS, "serve", kind, model, *words],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{http}"

    def is_ready():
        assert process.poll() is None, f"{kind} ended with {process.returncode}"
        try:
            return urllib.request.urlopen(f"{url}/v1/models/model", timeout=2).status == 200
        except OSError:
            return False

    try:
        wait_until(is_ready, 120, kind)
        yield url
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def slipway_of(kind, model, env):
    http, grpc = free_port(), free_port()
    server = Server(http=f"127.0.0.1:{http}", env=env)
    words = [f"--http_port={http}", f"--grpc_port={grpc}", "--model_name=model", f"--model_dir={model}"]
    server.command = [str(slipway_path()), "serve", "--as", kind, *words]
    with server:
        yield server.url


@pytest.fixture
def servers(folder):
    """servers(kind, model, **variables) -> the addresses of KServe's and of Slipway with that model."""
    with contextlib.ExitStack() as stack:

        def start(kind, model, **variables):
            return [stack.enter_context(each(kind, folder / model, variables)) for each in (kserve_of, slipway_of)]

        yield start


def post(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def same(ours, theirs):
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


def check_rows(addresses, body):
    (status, theirs), (got, ours) = (post(url, "/v1/models/model:predict", body) for url in addresses)
    assert (status, got) == (200, 200), (theirs, ours)
    assert ours.keys() == theirs.keys() == {"predictions"}
    assert same(ours["predictions"], theirs["predictions"]), (ours, theirs)


def check_tensors(addresses, body):
    (status, theirs), (got, ours) = (post(url, "/v2/models/model/infer", body) for url in addresses)
    assert (status, got) == (200, 200), (theirs, ours)
    assert len(ours["outputs"]) == len(theirs["outputs"]) == 1
    mine, wanted = ours["outputs"][0], theirs["outputs"][0]
    for key in ("name", "shape", "datatype"):
        assert mine[key] == wanted[key], key
    assert same(mine["data"], wanted["data"])


def rows_as_tensor(rows, name="input-0", datatype="FP32"):
    return {"name": name, "shape": [len(rows), len(rows[0])], "datatype": datatype, "data": rows}


def check_everywhere(addresses):
    check_rows(addresses, {"instances": FLOWERS})
    check_rows(addresses, {"inputs": FLOWERS})
    check_rows(addresses, {"inputs": FLOWERS, "instances": FLOWERS[:1]})
    check_tensors(addresses, {"inputs": [rows_as_tensor(FLOWERS)]})
    check_tensors(addresses, {"inputs": [rows_as_tensor(FLOWERS, "x", "FP64")], "outputs": [{"name": "output-0"}]})
    other = {"inputs": [rows_as_tensor(FLOWERS)], "outputs": [{"name": "predict"}]}
    # KServe's metadata lists no outputs; who asks for one that ours lists gets it.
    assert [post(url, "/v2/models/model/infer", other)[0] for url in addresses] == [400, 200]


@pytest.mark.parametrize("said", ["", "false", "TRUE"])
@pytest.mark.parametrize("model", ["flowers", "ridge"])
def test_scikit_learn(servers, model, said):
    check_everywhere(servers("sklearnserver", model, **({"PREDICT_PROBA": said} if said else {})))


def test_data_frames_of_words_and_numbers(servers):
    addresses = servers("sklearnserver", "mixed", PREDICT_PROBA="true")
    records = [dict(zip(MIXED, row, strict=True)) for row in zip(*MIXED.values(), strict=True)]
    by_row = {name: {str(at): cell for at, cell in enumerate(cells)} for name, cells in MIXED.items()}
    for frame in (MIXED, records, by_row):
        check_rows(addresses, {"instances": [frame]})
        check_rows(addresses, {"inputs": [frame, frame]})
    columns = [
        {"name": name, "shape": [2], "datatype": "BYTES" if name == "colour" else "FP64", "data": cells}
        for name, cells in MIXED.items()
    ]
    check_tensors(addresses, {"parameters": {"content_type": "pd"}, "inputs": columns})


@pytest.mark.parametrize("objective", [*OBJECTIVES, "stopped"])
def test_xgboost(servers, objective):
    check_everywhere(servers("xgbserver", f"xgb-{objective}"))


@pytest.mark.parametrize("objective", LIGHTGBM)
def test_lightgbm(servers, objective):
    addresses = servers("lgbserver", f"lgb-{objective}")
    check_everywhere(addresses)
    if objective == "multiclass":  # whose columns have names
        frame = {name: {"0": cell} for name, cell in zip(NAMED, FLOWERS[1], strict=True)}
        shuffled = dict(reversed(list(frame.items())))
        check_rows(addresses, {"inputs": [frame, shuffled]})


def test_what_is_there_is_told_alike(servers):
    theirs, ours = servers("sklearnserver", "flowers")
    for path, keys in (("/v1/models", ["models"]), ("/v2/models", ["models"]), ("/v1/models/model", ["name", "ready"])):
        answers = [json.load(urllib.request.urlopen(url + path, timeout=30)) for url in (theirs, ours)]
        assert [answers[0][key] for key in keys] == [answers[1][key] for key in keys]
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/model/ready"):
        for url in (theirs, ours):
            assert urllib.request.urlopen(url + path, timeout=30).status == 200, path
    for path in ("/v1/models/none:predict", "/v2/models/none/infer"):
        body = {"instances": FLOWERS} if "v1" in path else {"inputs": [rows_as_tensor(FLOWERS)]}
        assert [post(url, path, body)[0] for url in (theirs, ours)] == [404, 404]


def test_what_fails_there_is_the_client_s_mistake_here(servers):
    addresses = servers("sklearnserver", "flowers")
    for body in ({"instances": [[1.0, 2.0]]}, {"instances": []}, {"instances": [["a", "b", "c", "d"]]}):
        (theirs, _), (ours, said) = (post(url, "/v1/models/model:predict", body) for url in addresses)
        assert theirs in (400, 500) and ours == 400 and said["error"]
