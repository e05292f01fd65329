"""What is wrong with a command line is said in one sentence that names it and shows the right form; exit code 2 or 1."""

import pytest

from support.models import EXAMPLES

DIGITS = EXAMPLES / "digits" / "1"
BREAST_CANCER = EXAMPLES / "breast_cancer" / "1"

BAD_USAGE = {
    "serve": "expected a model or a folder of models, as in: slipway serve examples/models",
    "serve m.onnx --http": "--http needs a value: --http ADDRESS:PORT",
    "serve m.onnx --http 8080": '--http: expected ADDRESS:PORT such as 127.0.0.1:8080',
    "serve m.onnx --model-control=explict": 'did you mean "explicit"?',
    "serve m.onnx --io-threads=abc": '--io-threads: expected a whole number, got "abc"',
    "serve m.onnx --max-body=12XB": "--max-body: expected bytes such as 16KiB or 64MiB",
    "serve m.onnx --request-timeout=5": "--request-timeout: expected a duration such as 250ms",
    "serve m.onnx --public-inferenc": 'did you mean "--public-inference"?',
    "serve m.onnx --grpc 9000": "--grpc: expected ADDRESS:PORT such as 127.0.0.1:8080",
    "serve --config nothere.yaml": "nothere.yaml: cannot be opened",
    "serve --as tritn": 'did you mean "triton"?',
    "serve --as triton --htp-port=1": 'did you mean "--http-port"?',
    "serve m.onnx --versions a": "--versions: expected NAME=all, NAME=latest:N or NAME=VERSION",
    "serve m.onnx --alias a=1": "--alias: expected NAME@ALIAS=VERSION",
    "migrate": "FOLDER is missing, as in: slipway migrate",
    "srve": 'did you mean "serve"?',
    "--http": 'unknown option "--http"',
    "help nope": 'unknown command "nope"',
    "inspect": "MODEL is missing, as in: slipway inspect",
    "inspect a b": 'unexpected argument "b"',
    "predict m.onnx": "--input is missing, as in: slipway predict",
    "predict m.onnx -i": "--input needs a value: --input FILE",
    "bench m.onnx --duration 5": "--duration: expected a duration",
    "bench m.onnx --concurrency 0": "--concurrency: expected 1 to 10000, got 0",
    "bench m.onnx --format xml": "--format: expected one of binary, json",
    "bench m.onnx --sweep 1,x": '--sweep: expected a whole number, got "x"',
    "bench m.onnx --sweep 1,2 --rate 5": "only one of --rate, --sweep and --sweep-rate",
    "bench m.onnx --arrivals poisson": "--arrivals is about an open loop: it needs --rate",
    "bench m.onnx --compare nothere.json": '--compare: "nothere.json": cannot be opened',
    "convert m.onnx": "--output is missing, as in: slipway convert",
    "completion": "SHELL is missing, as in: slipway completion",
    "completion ksh": "SHELL: expected one of bash, zsh, fish",
}


@pytest.mark.parametrize("line", BAD_USAGE)
def test_bad_usage(slipway, line):
    done = slipway(*line.split())
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.startswith("slipway") and done.stderr.count("\n") == 1
    assert BAD_USAGE[line] in done.stderr


@pytest.fixture
def files(tmp_path):
    contents = {
        "text.onnx": "hello",
        "empty.onnx": "",
        "names.csv": "a,b\n",
        "cell.csv": "1," * 29 + "2\n" + "3," * 29 + "x\n",
        "narrow.csv": "1,2\n",
        "cut.json": "{",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    return tmp_path


WORK_FAILED = {
    "inspect nothere": '"nothere": cannot be opened',
    "inspect text.onnx": "text.onnx: the bytes are not an ONNX model",
    "inspect empty.onnx": "empty.onnx: the bytes are not an ONNX model",
    "inspect folder": 'folder "folder" holds neither',
    f"inspect {EXAMPLES}": "is a repository of 3 models: name one of them, as",
    "bench text.onnx": "text.onnx: the bytes are not an ONNX model",
    f"predict {DIGITS} -i nothere.csv": '"nothere.csv": cannot be opened',
    f"predict {DIGITS} -i text.onnx": "expected a name that ends in .json, .jsonl, .csv or .npy",
    f"predict {BREAST_CANCER} -i names.csv": 'names.csv: unknown columns "a", "b"; missing columns "mean radius", ',
    f"predict {BREAST_CANCER} -i cell.csv": 'cell.csv: line 2: row 1, column "29": expected FP32, got "x"',
    f"predict {BREAST_CANCER} -i narrow.csv": 'narrow.csv: expected 30 columns for input "features" FP32 [-1,30], got 2',
    f"predict {DIGITS} -i narrow.csv": 'narrow.csv: columns do not fit input "pixels": expected FP32 [-1,1,8,8]',
    f"predict {DIGITS} -i cut.json": "cut.json: JSON, byte 1",
    "predict http://127.0.0.1:1 -i narrow.csv": "expected http://HOST:PORT/v2/models/NAME",
    "predict ftp://a/v2/models/b -i narrow.csv": "(also https://, grpc://, grpcs://)",
    "convert text.onnx -o out.tar": "not an ONNX model",
}


@pytest.mark.parametrize("line", WORK_FAILED)
def test_work_that_fails(slipway, files, line):
    done = slipway(*line.split(), cwd=files)
    assert done.returncode == 1
    assert done.stdout == "" and done.stderr.startswith("slipway ") and done.stderr.count("\n") == 1
    assert WORK_FAILED[line] in done.stderr
