"""How far a training is: a bar on a terminal, nothing of it elsewhere."""

import os
import pty
import re
import select
import signal
import subprocess
import time

from support.models import ROOT
from tables import waves

BAR = re.compile(rb"\r\x1b\[K\[#*-*\] +\d+ %  \d+ s  Training on ")


def read_until(descriptor, pattern, within_s):
    text, end = b"", time.monotonic() + within_s
    while not pattern.search(text) and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            text += os.read(descriptor, 4096)
    return text


def rest_of(descriptor):
    text = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # the terminal's other end is closed
            return text
        if not piece:
            return text
        text += piece


def test_a_terminal_has_a_bar_that_is_cleared_and_a_pipe_has_none(trainer, tmp_path):
    data = waves(tmp_path / "waves.csv")
    endless = ["--model", "network", "--param", "max_iterations=100000", "--param", "patience=100000"]
    own, terminal = pty.openpty()
    commands = [trainer.command(data, "label", tmp_path / f"{name}.slipway", *endless) for name in ("shown", "piped")]
    given = {"cwd": ROOT, "env": trainer.env, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen(commands[0], stderr=terminal, **given) as shown,
        subprocess.Popen(commands[1], stderr=subprocess.PIPE, **given) as piped,
    ):
        os.close(terminal)
        begun = time.monotonic()
        text = read_until(own, BAR, 20)
        assert BAR.search(text), text
        assert time.monotonic() - begun > 1, "what is quick shows nothing"
        for running in (shown, piped):
            running.send_signal(signal.SIGINT)
        shown.communicate(timeout=60)  # a report of many rounds is more than a pipe holds
        _, errors = piped.communicate(timeout=60)
        assert (shown.returncode, piped.returncode, errors) == (0, 0, b"")
        text += rest_of(own)
        assert text.endswith(b"\r\x1b[K")
    os.close(own)
