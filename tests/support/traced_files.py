"""Every file that a process and its children open, as strace sees it.

    with traced_opens(server.pid, log) as opened:
        ...
    assert "/etc/passwd" not in opened
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

ATTACH_S = 10


@contextlib.contextmanager
def traced_opens(pid, log):
    """Yields a set that holds, when the context has ended, the path of each file that was opened, with links resolved.

    log  a file that may be written
    """
    if not shutil.which("strace"):
        pytest.skip("Debian's strace is not installed")
    command = ["strace", "-f", "-y", "-e", "trace=open,openat,openat2,creat", "-o", log, "-p", str(pid)]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    opened = set()
    try:
        said = process.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not attach here: {said.strip()}")
        yield opened
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=ATTACH_S)
    # … = 7</the/file>
    opened.update(re.findall(r" = \d+<(.*)>$", log.read_text(encoding="utf-8", errors="replace"), re.MULTILINE))
