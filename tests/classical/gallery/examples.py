"""The gallery: scikit-learn's examples, from its source distribution, each run once in its own process."""

import json
import os
import pathlib
import re
import resource
import subprocess
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
DOWNLOAD_TIMEOUT_S = 300
WALL_PER_CPU = 5  # an example may wait this many times longer than it computes
STATUS = "status.json"


def installed_version(python):
    command = [python, "-c", "import sklearn; print(sklearn.__version__)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def downloaded(python, folder):
    """The examples of the scikit-learn that `python` has, by pip as it is configured; unpacked below `folder`."""
    version = installed_version(python)
    source = folder / f"scikit_learn-{version}"
    if not (source / "examples").is_dir():
        options = ["--no-binary", ":all:", "--no-deps", "--no-build-isolation", "--dest", folder]
        environment = {**os.environ, "PYTHONPATH": str(HERE / "backend")}
        subprocess.run(
            [python, "-m", "pip", "download", "--quiet", *options, f"scikit-learn=={version}"],
            env=environment,
            check=True,
            timeout=DOWNLOAD_TIMEOUT_S,
        )
        with tarfile.open(folder / f"{source.name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return source / "examples"


def names(folder):
    """Of every example, svm/plot_iris: those that the gallery runs are called plot_*.py."""
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("**/plot_*.py"))


def record(python, example, folder, cpu_limit_s):
    """Runs the example unless it was run before. @return how that went: "ran", or why not."""
    status = folder / STATUS
    if status.exists():
        return json.loads(status.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT")}
    with open(folder / "output.txt", "w+", encoding="utf-8", errors="replace") as output:
        try:
            code = subprocess.run(
                [python, HERE / "recorder.py", example.resolve(), folder],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **threads},
                timeout=cpu_limit_s * WALL_PER_CPU,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu_limit_s, cpu_limit_s)),
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
        output.seek(0)
        said = output.read().strip().splitlines()
    outcome = _outcome(code, said[-1] if said else "")
    status.write_text(json.dumps(outcome), encoding="utf-8")
    return outcome


def _outcome(code, last_line):
    if code == 0:
        return "ran"
    if code is None or code < 0:
        return "ran out of time"
    if "downloads are disabled" in last_line:
        return "needs a download"
    if missing := re.match(r"ModuleNotFoundError: No module named '([^']+)'", last_line):
        return f"needs the package {missing[1]}"
    return f"failed: {last_line[:200]}"
