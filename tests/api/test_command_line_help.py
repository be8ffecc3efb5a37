"""What `parley` tells of itself: help, hints at a mistyped word, completion, the manual page; all from one table."""
import os
import re
import subprocess

import pytest

pytestmark = pytest.mark.columns("sqlite")

COMMANDS = ("serve", "migrate", "config", "openapi", "user", "key", "audit", "events", "export", "reconcile", "reindex", "reload", "status", "doctor", "mail", "completion", "help", "version")
SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("command", COMMANDS)
def test_help__of_a_command_is_the_same_both_ways(parley, command):
    done = parley(command, "--help")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(f"Usage: parley {command}")
    assert parley("help", command).stdout == done.stdout


def test_help__names_every_command_in_each_of_its_forms(parley):
    done = parley("help")
    assert (done.returncode, done.stderr) == (0, "")
    assert tuple(re.findall(r"^  (\S+) +[A-Z]", done.stdout, re.M)) == COMMANDS
    assert {parley(word).stdout for word in ("--help", "-h")} == {done.stdout}


def test_help__has_no_line_wider_than_a_terminal(parley):
    texts = [parley("help").stdout, *(parley("help", command).stdout for command in COMMANDS)]
    assert max(len(line) for text in texts for line in text.splitlines()) <= 100


def test_help__shows_each_option_with_the_actions_that_take_it(parley):
    text = parley("help", "user").stdout
    synopsis = text.split("\n\n")[0]
    assert "parley user list [--query TEXT]\n" in synopsis and "parley user activate ADDRESS\n" in synopsis
    assert "[--password-stdin]" in synopsis.split("parley user passwd")[1].splitlines()[0]


@pytest.mark.parametrize("words, sentence", [
    (("usr",), "parley: there is no command usr; did you mean user?; see parley --help\n"),
    (("frobnicate",), "parley: there is no command frobnicate; see parley --help\n"),
    (("help", "migrat"), "parley: there is no command migrat; did you mean migrate?; see parley --help\n"),
    (("user", "paswd"), "parley user: there is no action paswd; did you mean passwd?; see parley user --help\n"),
    (("user", "drop"), "parley user: there is no action drop; see parley user --help\n"),
    (("key", "rotat"), "parley key: there is no action rotat; did you mean rotate?; see parley key --help\n"),
    (("key",), "parley key: an action is missing: rotate or adopt; see parley key --help\n"),
    (("user", "list", "--qery=a"), "parley user: there is no option --qery; did you mean --query?; see parley user --help\n"),
    (("user", "promote"), "parley user: promote wants ADDRESS; see parley user --help\n"),
    (("migrate", "status", "1"), "parley migrate: status takes no more words; see parley migrate --help\n"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_word__is_named_and_the_right_one_guessed(parley, words, sentence):
    done = parley(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)


# ---- completion ----

def complete(script, folder, *words):
    """What bash offers for the last word."""
    (folder / "script").write_text(script, encoding="utf-8")
    line = " ".join(f"'{word}'" for word in words)
    before = words[-2] if len(words) > 1 else ""
    done = subprocess.run(["bash", "-c", f"source ./script; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
                           f"_parley parley '{words[-1]}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""],
                          cwd=folder, capture_output=True, text=True, check=True, timeout=20)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("words, offered", [
    (("parley", "co"), ["config", "completion"]), (("parley", "--env-file", "x", "mig"), ["migrate"]),
    (("parley", "user", "de"), ["deactivate", "demote", "delete"]), (("parley", "user", "--q"), ["--query"]),
    (("parley", "audit", ""), ["verify", "export", "--known", "--help"]), (("parley", "help", "ver"), ["version"]),
    (("parley", "--env-file", "x", "key", "ro"), ["rotate"]), (("parley", "serve", "now"), []),
    (("parley", "--env-file", "scr"), ["script"]),
], ids=lambda words: " ".join(words) if words else "nothing")
def test_completion__of_bash_offers(parley, tmp_path, words, offered):
    assert complete(parley("completion", "bash").stdout, tmp_path, *words) == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_completion__knows_every_command_action_and_option(parley, shell):
    done = parley("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    words = set(re.findall(r"[\w-]+", done.stdout))
    assert words >= set(COMMANDS) | {"reset-2fa", "stamp", "adopt"}
    assert {"first-name", "--first-name"} & words


@pytest.mark.parametrize("shell", SHELLS)
def test_completion__is_a_script_that_the_shell_reads(parley, shell):
    script = parley("completion", shell).stdout
    done = subprocess.run([shell, "-n", "/dev/stdin"], input=script, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")


def test_completion__of_fish_offers_names_with_their_sentences(parley, tmp_path):
    (tmp_path / "script").write_text(parley("completion", "fish").stdout, encoding="utf-8")
    done = subprocess.run(["fish", "-N", "-c", "source script; complete -C 'parley migr'; complete -C 'parley user dem'"],
                          cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20, env={**os.environ, "HOME": str(tmp_path)})
    assert done.stdout.splitlines() == ["migrate\tBring the database's schema up to date, or back",
                                        "demote\tmake an administrator a user like others"]


# ---- the manual page ----

def test_manual__has_every_command_action_and_option(parley):
    page = parley("help", "--man").stdout.replace("\\-", "-")
    assert page.startswith(".TH PARLEY 1 ")
    assert tuple(re.findall(r"^\.SS parley (\S+)$", page, re.M)) == COMMANDS
    for command in COMMANDS:
        for name in re.findall(r"^  (\S+) ", parley("help", command).stdout.split("\n\n", 2)[-1], re.M):
            assert f"\\fB{name}\\fR" in page, name


def test_manual__has_no_fault_that_groff_finds(parley):
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-K", "utf-8"], input=parley("help", "--man").stdout,
                          capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "") and "parley user" in done.stdout
