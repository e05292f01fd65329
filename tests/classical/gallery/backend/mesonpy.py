"""Stands in for scikit-learn's build backend while pip downloads its source: metadata as packed, nothing compiled.

pip asks a package's backend for its metadata before it saves what it downloaded; the real one configures a build.
"""

import pathlib
import re
import shutil


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    version = re.search(r"^Version: (\S+)$", pathlib.Path("PKG-INFO").read_text(encoding="utf-8"), re.MULTILINE)[1]
    info = pathlib.Path(folder, f"scikit_learn-{version}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name
