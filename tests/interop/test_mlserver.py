"""MLServer and Slipway serve the same folder of models, and answer the same requests alike."""

import collections
import json
import re
import subprocess
import urllib.error
import urllib.request

import pytest

import stock
from mlserver_programs import mlserver
from support import packages
from support.server import Server, free_port, slipway_path, wait_until

VENV = packages.BUILD / "venv-mlserver"
MAKE_S = 300
FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8], [5.9, 3.0, 4.2, 1.5]]
COLUMNS = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
CELLS = [[17.99, 10.38, 122.8, 1001.0], [11.4, 20.4, 77.6, 386.1]]
PEOPLE = [[0.03] * 10, [-0.04] * 10]
ROWS = {
    "numbers": FLOWERS,
    "named": FLOWERS,
    "prices": PEOPLE,
    "trees": FLOWERS,
    "second": CELLS,
    "slope": PEOPLE,
    "rounds": CELLS,
    "many": FLOWERS,
    "cat": FLOWERS,
}
CLASSIFIERS = ("numbers", "named", "trees", "second")
WORDS = {"length": [5.1, 6.3, 5.8], "width": [3.5, 2.9, 3.1], "colour": ["blue", "white", "green"]}
BOTH = [{"name": "predict"}, {"name": "predict_proba"}]


class SlipwayAsMlserver(Server):
    def __init__(self, folder):
        super().__init__(http=f"127.0.0.1:{free_port()}")
        own = {"host": "127.0.0.1", "http_port": int(self.address.rpartition(":")[2])}
        own |= {"grpc_port": free_port(), "metrics_port": free_port()}
        self.grpc_address = f"127.0.0.1:{own['grpc_port']}"
        self.metrics_url = f"http://127.0.0.1:{own['metrics_port']}"
        (folder / "settings.json").write_text(json.dumps(own), encoding="utf-8")
        self.command = [str(slipway_path()), "serve", "--as", "mlserver", "start", str(folder)]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """The addresses of MLServer and of Slipway in its place, of HTTP, then of gRPC, then of metrics."""
    missing = packages.install(VENV, stock.HERE / "mlserver.txt")
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("models")
    make = [VENV / "bin" / "python", stock.HERE / "mlserver_programs.py", folder]
    subprocess.run(make, check=True, timeout=MAKE_S)
    ports = [free_port() for _ in range(3)]
    with mlserver(VENV, folder, ports, wait_until) as theirs, SlipwayAsMlserver(folder) as ours:
        grpc = f"127.0.0.1:{ports[1]}", ours.grpc_address
        yield theirs, ours.url, *grpc, f"http://127.0.0.1:{ports[2]}", ours.metrics_url


def post(url, model, body):
    """@return (status, outputs by name)."""
    request = urllib.request.Request(
        f"{url}/v2/models/{model}/infer", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {each["name"]: each for each in json.load(answer)["outputs"]}
    except urllib.error.HTTPError as error:
        return error.code, {}


def tensor(name, rows, datatype="FP32", **parameters):
    data = {"name": name, "shape": [len(rows), len(rows[0])], "datatype": datatype, "data": rows}
    return data | ({"parameters": parameters} if parameters else {})


def columns(rows):
    return [
        {"name": COLUMNS[i], "shape": [len(rows), 1], "datatype": "FP32", "data": [row[i] for row in rows]}
        for i in range(4)
    ]


def check_alike(servers, model, body):
    (status, expected), (got_status, got) = (post(url, model, body) for url in servers[:2])
    assert (status, got_status) == (200, 200), body
    assert got.keys() == expected.keys()
    for name, theirs in expected.items():
        ours = got[name]
        assert ours["shape"] == theirs["shape"] and ours["datatype"] == theirs["datatype"], name
        assert ours["parameters"] == theirs["parameters"], name
        if theirs["datatype"].startswith("FP"):
            assert ours["data"] == pytest.approx(theirs["data"], rel=1e-6, abs=1e-6), name
        else:
            assert ours["data"] == theirs["data"], name


@pytest.mark.parametrize("model", ROWS)
@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_predict_under_any_input_name(servers, model, datatype):
    check_alike(servers, model, {"inputs": [tensor("whatever", ROWS[model], datatype)]})


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_probabilities_are_given_to_who_asks(servers, model):
    inputs = [tensor("x", ROWS[model])]
    check_alike(servers, model, {"inputs": inputs, "outputs": BOTH})
    check_alike(servers, model, {"inputs": inputs, "outputs": BOTH[1:]})
    check_alike(servers, model, {"inputs": inputs, "outputs": []})


def test_catboost_tells_probabilities_where_mlserver_never_does(servers):
    body = {"inputs": [tensor("x", FLOWERS)], "outputs": BOTH}
    (_, expected), (_, got) = (post(url, "cat", body) for url in servers[:2])
    assert list(expected) == ["predict"] and list(got) == ["predict", "predict_proba"]
    assert got["predict"]["data"] == expected["predict"]["data"]


def test_whole_numbers_are_numbers(servers):
    check_alike(servers, "numbers", {"inputs": [tensor("x", [[5, 3, 1, 0]], "INT64")]})


def test_a_content_type_for_arrays_changes_nothing(servers):
    inputs = [tensor("x", FLOWERS, content_type="np")]
    check_alike(servers, "numbers", {"inputs": inputs, "parameters": {"content_type": "np"}})


def test_a_data_frame_comes_by_column(servers):
    frame = {"parameters": {"content_type": "pd"}, "outputs": BOTH}
    check_alike(servers, "named", {"inputs": columns(FLOWERS), **frame})
    unnamed = [each | {"name": f"c{i}"} for i, each in enumerate(columns(FLOWERS))]
    check_alike(servers, "numbers", {"inputs": unnamed, **frame})


@pytest.mark.parametrize("parameters", [{}, {"content_type": "str"}], ids=["plain", "str"])
@pytest.mark.parametrize("order", [("length", "width", "colour"), ("colour", "length", "width")], ids=["as fitted", "other"])
def test_a_data_frame_with_words_comes_by_column(servers, parameters, order):
    inputs = [
        {"name": name, "shape": [3, 1], "datatype": "BYTES" if name == "colour" else "FP64", "data": WORDS[name]}
        | ({"parameters": parameters} if name == "colour" and parameters else {})
        for name in order
    ]
    check_alike(servers, "words", {"inputs": inputs, "parameters": {"content_type": "pd"}, "outputs": BOTH})


def grpc_outputs(address, model, inputs, outputs):
    """name -> (elements, shape) of a call over gRPC."""
    with stock.triton_grpc.InferenceServerClient(address) as client:
        wanted = [stock.triton_grpc.InferRequestedOutput(name) for name in outputs]
        answer = client.infer(model, inputs, outputs=wanted or None)
        named = {each.name: each.datatype for each in answer.get_response().outputs}
        arrays = {name: answer.as_numpy(name) for name in named}
        return {name: (named[name], list(array.shape), stock.elements_of(array)) for name, array in arrays.items()}


@pytest.mark.skipif(stock.missing is not None, reason=str(stock.missing))
@pytest.mark.parametrize("outputs", [[], ["predict", "predict_proba"]], ids=["none named", "both"])
@pytest.mark.parametrize("model", CLASSIFIERS)
def test_grpc_answers_alike(servers, model, outputs):
    rows = stock.np.array(ROWS[model], stock.np.float32)
    theirs, ours = (
        grpc_outputs(address, model, [stock.grpc_input_of("x", "FP32", rows)], outputs) for address in servers[2:4]
    )
    assert ours.keys() == theirs.keys()
    for name, (datatype, shape, elements) in theirs.items():
        assert ours[name][:2] == (datatype, shape), name
        if datatype.startswith("FP"):
            assert ours[name][2] == pytest.approx(elements, rel=1e-6, abs=1e-6), name
        else:
            assert ours[name][2] == elements, name


@pytest.mark.parametrize(
    "model, body",
    [
        ("numbers", {"inputs": [tensor("x", FLOWERS)], "outputs": [{"name": "nope"}]}),
        ("prices", {"inputs": [tensor("x", PEOPLE)], "outputs": BOTH}),
        ("slope", {"inputs": [tensor("x", PEOPLE)], "outputs": BOTH}),
        ("numbers", {"inputs": []}),
    ],
    ids=["unknown output", "no probabilities", "no probabilities of trees", "no input"],
)
def test_what_mlserver_refuses_is_refused(servers, model, body):
    assert [post(url, model, body)[0] for url in servers[:2]] == [400, 400]


def test_what_fails_inside_mlserver_is_the_client_s_mistake_here(servers):
    for inputs in ([tensor("x", [[1.0, 2.0]])], columns(FLOWERS)[:3]):
        theirs, ours = (post(url, "named", {"inputs": inputs})[0] for url in servers[:2])
        assert theirs in (400, 500) and ours == 400


def test_an_unknown_model_is_not_found(servers):
    assert [post(url, "none", {"inputs": [tensor("x", FLOWERS)]})[0] for url in servers[:2]] == [404, 404]


SAMPLE = re.compile(r"^rest_server_requests_total{(.*)} (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="([^"]*)"')


def requests_counted(metrics_url):
    """The labels of each series -> its value."""
    with urllib.request.urlopen(f"{metrics_url}/metrics", timeout=30) as answer:
        samples = SAMPLE.findall(answer.read().decode())
    return collections.Counter({frozenset(LABEL.findall(labels)): float(value) for labels, value in samples})


def test_rest_requests_are_counted_alike(servers):
    counted = []
    for url, metrics in zip(servers[:2], servers[4:]):
        before = requests_counted(metrics)
        for model in ("numbers", "numbers", "none"):
            post(url, model, {"inputs": [tensor("x", FLOWERS)]})
        paths = ("/v2", "/v2/models/numbers", "/v2/models/numbers/versions/v0.1.0/ready", "/v2/health/live", "/nowhere")
        for path in paths:
            try:
                urllib.request.urlopen(f"{url}{path}", timeout=30).close()
            except urllib.error.HTTPError as error:
                assert (path, error.code) == ("/nowhere", 404)
        # The last one that is counted may be counted a moment after its answer.
        wait_until(lambda: (requests_counted(metrics) - before).total() >= 6, what="six requests")
        counted.append(requests_counted(metrics) - before)
    theirs, ours = counted
    assert theirs.total() == 6 and ours == theirs
