"""A system-wide ONNX Runtime that CMake finds is used instead of the one that set-up fetched."""

import pathlib
import subprocess

from support.models import ROOT

CONFIG = """
set(onnxruntime_VERSION 9.8.7)
add_library(onnxruntime::onnxruntime SHARED IMPORTED)
set_target_properties(onnxruntime::onnxruntime PROPERTIES
  IMPORTED_LOCATION /nowhere/libonnxruntime.so INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}")
"""


def test_a_system_wide_runtime_comes_first(tmp_path):
    package = tmp_path / "lib" / "cmake" / "onnxruntime"
    package.mkdir(parents=True)
    (package / "onnxruntimeConfig.cmake").write_text(CONFIG, encoding="utf-8")
    build = tmp_path / "build"
    configure = ["cmake", "--preset", "release", "-B", build, f"-DCMAKE_PREFIX_PATH={tmp_path}"]
    done = subprocess.run(configure, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert "ONNX Runtime 9.8.7: system-wide" in done.stdout
    assert (build / "libonnxruntime.so.1").readlink() == pathlib.Path("/nowhere/libonnxruntime.so")
    ninja = (build / "build.ninja").read_text(encoding="utf-8")
    assert "-rpath,/nowhere" in ninja and "third_party/onnxruntime" not in ninja
