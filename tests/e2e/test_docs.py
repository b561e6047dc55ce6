"""What is written about the program agrees with the program: configuration page, manual, completions, methods."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEDGE = os.environ.get("KEDGE", str(ROOT / "build/release/src/cli/kedge"))


def output(*arguments, status=0):
    done = subprocess.run([KEDGE, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done.stdout


def commands():
    listed = output("--help").split("commands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.M)


def options_of(command):
    """The long options that a subcommand's --help explains; a line of its own begins each."""
    return set(re.findall(r"^ {2,4}--([a-z][a-z0-9-]*)", output(command, "--help"), re.M))


def manual_sections():
    """Subsection of each command in the manual, as {command: text}."""
    parts = re.split(r"^\.Ss kedge (\S+)\n", (ROOT / "docs/kedge.1").read_text(), flags=re.M)
    return {name: text.split("\n.Sh ")[0] for name, text in zip(parts[1::2], parts[2::2])}


def test_configuration_page_is_what_the_program_prints():
    assert (ROOT / "docs/configuration.md").read_text() == output("config", "reference")


def test_commands_are_found():
    assert {"check", "config", "simulate"} <= set(commands())
    assert {"json", "html", "compat"} <= options_of("check")


@pytest.mark.parametrize("command", commands())
def test_manual_has_every_option_of(command):
    section = manual_sections().get(command)
    assert section is not None, f"docs/kedge.1 has no section about kedge {command}"
    written = set(re.findall(r"^\.It Fl -([a-z][a-z0-9-]*)", section, re.M))
    assert options_of(command) - written == set(), "in --help, not in the manual"
    assert written - options_of(command) == set(), "in the manual, not in --help"


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_manual_is_clean():
    done = subprocess.run(["mandoc", "-T", "lint", str(ROOT / "docs/kedge.1")], capture_output=True, text=True)
    assert done.stdout == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_have_every_option_and_parse(shell):
    script = output("completions", shell)
    for command in commands():
        assert re.search(rf"\b{command}\b", script)
        for option in options_of(command):
            assert re.search(rf"(--|-l ){option}\b", script), f"{command} --{option}"
    if shutil.which(shell):
        flags = ["--no-execute"] if shell == "fish" else ["-n"]
        done = subprocess.run([shell, *flags], input=script, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stderr == "", done.stderr


def test_bash_completes_an_option_of_a_subcommand():
    script = output("completions", "bash")
    ask = 'COMP_WORDS=(kedge check --drift-s); COMP_CWORD=2; _kedge; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script + ask], capture_output=True, text=True)
    assert done.stdout.split() == ["--drift-share"]


def test_methods_page_has_every_method_with_its_threshold(tmp_path):
    page = (ROOT / "docs/methods.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| ([0-9.]+) \| (?:p )?[<>]=? t \|", page, re.M)
    written = {name: float(threshold) for name, _, threshold in rows}
    refused = subprocess.run([KEDGE, "check", "--method", "nothing", "a", "b"], capture_output=True, text=True)
    names = refused.stderr.split("there are ")[1].split("\n")[0].split()
    assert sorted(written) == sorted(names)

    for name in ("reference", "current"):
        lines = [f"{i * 0.5},{'xy'[i % 2]}" for i in range(60)]
        (tmp_path / f"{name}.csv").write_text("number,word\n" + "\n".join(lines) + "\n")
    report = json.loads(output("check", str(tmp_path / "reference.csv"), str(tmp_path / "current.csv"), "--methods", "all",
                               "--json"))
    used = {entry["method"]: entry["threshold"] for column in report["columns"] for entry in column["drift"]}
    assert used == written
