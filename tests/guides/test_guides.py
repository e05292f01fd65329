"""The commands of README.md and of every guide do what the text says; and tools/run-guide would notice."""

import importlib.machinery
import importlib.util
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]


def load_runner():
    loader = importlib.machinery.SourceFileLoader("run_guide", str(ROOT / "tools" / "run-guide"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_guide", loader))
    sys.modules[module.__name__] = module  # dataclasses look it up
    loader.exec_module(module)
    return module


runner = load_runner()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_guide_does_what_it_says(guide):
    runner.run_guide(guide)


def write(folder, *blocks):
    path = folder / "guide.md"
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


SH_ECHO = "```sh\necho one; echo two; echo three\n```"


def test_output_as_expected_passes(tmp_path):
    guide = write(
        tmp_path,
        SH_ECHO,
        "```text\none\n…\nth…ee\n```",
        "```sh\necho '[1.00000001]'\n```",
        "```json\n[1.0]\n```",
    )
    assert runner.run_guide(guide) == 2


@pytest.mark.parametrize(
    "expected",
    [
        "```text\none\ntwo\n```",
        "```text\none\ntwo\nfour\n```",
        "```text\n…\ntwo\n```",
        '```json\n"one"\n```',
    ],
)
def test_other_output_is_an_error(tmp_path, expected):
    with pytest.raises(runner.GuideError, match="line 4: expected"):
        runner.run_guide(write(tmp_path, SH_ECHO, expected))


def test_shell_state_lasts_from_block_to_block(tmp_path):
    guide = write(
        tmp_path,
        "```sh\nx=7; cd examples\n```",
        "```sh\necho $x; basename $PWD\n```",
        "```text\n7\nexamples\n```",
    )
    assert runner.run_guide(guide) == 2


def test_failing_command_is_an_error(tmp_path):
    with pytest.raises(runner.GuideError, match="line 1: the block failed"):
        runner.run_guide(write(tmp_path, "```sh\nfalse\necho not reached\n```"))


def test_marked_blocks_are_neither_run_nor_compared(tmp_path):
    guide = write(
        tmp_path,
        "<!-- not run: it would fail -->",
        "```sh\nfalse\n```",
        "",
        SH_ECHO,
        "<!-- varies: for the test -->",
        "```text\nfour\n```",
    )
    assert runner.run_guide(guide) == 1


def test_output_block_after_text_is_no_expectation(tmp_path):
    assert (
        runner.run_guide(
            write(tmp_path, SH_ECHO, "An example of something else:", "```text\nfour\n```")
        )
        == 1
    )


def test_mark_without_a_block_is_an_error(tmp_path):
    with pytest.raises(
        runner.GuideError, match="line 2: <!-- background --> is not followed by a block"
    ):
        runner.run_guide(write(tmp_path, "<!-- background -->", "text"))
