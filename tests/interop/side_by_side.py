"""The programs of applications.py, run in a virtual environment of their own."""

import contextlib
import json
import os
import subprocess
import urllib.error
import urllib.request

import stock
from support import packages
from support.server import free_port, wait_until

VENV = packages.BUILD / "venv-applications"
START_S = 120


def install():
    """@return None, or why the applications are not there."""
    return packages.install(VENV, stock.HERE / "applications.txt")


def make_models(folder):
    program = stock.HERE / "applications.py"
    subprocess.run([VENV / "bin" / "python", program, "make", folder], check=True, timeout=START_S)


def post(url, body, content_type="application/json"):
    """@return (status, parsed body or None)."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


@contextlib.contextmanager
def running(command, path, **env):
    """A process that answers GET `path`. Yields its address."""
    port = free_port()
    process = subprocess.Popen(
        [str(part).replace("PORT", str(port)) for part in command],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def answers():
        assert process.poll() is None, f"{command} ended with {process.returncode}"
        try:
            urllib.request.urlopen(url + path, timeout=2).close()
        except urllib.error.HTTPError:
            return True  # any answer will do
        except OSError:
            return False
        return True

    try:
        wait_until(answers, START_S, f"{command}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ask_by_mlflows_client(frame, *urls):
    """@param frame  a file, in the form of a data frame that is split. @return what each server has told."""
    ports = [url.rpartition(":")[2] for url in urls]
    command = [VENV / "bin" / "python", stock.HERE / "applications.py", "ask", frame, *ports]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=START_S).stdout)


def flask(model):
    program = stock.HERE / "applications.py"
    return running([VENV / "bin" / "python", program, "flask", model, "PORT"], "/static/")


def mlflow(model):
    server = "mlflow.pyfunc.scoring_server.app:app"
    command = [VENV / "bin" / "python", "-m", "uvicorn", "--port", "PORT", server]
    return running(command, "/ping", __pyfunc_model_path__=str(model))
