"""README's table of settings and .env.example are what the binary prints."""
import subprocess

from common import ROOT, fault

BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def _printed(binary, form):
    # No settings of this machine: the answer is the table's, not the environment's.
    done = subprocess.run([str(binary), "config", "--format", form], cwd="/", env={"PATH": "/usr/bin:/bin"},
                          capture_output=True, text=True, check=True)
    return done.stdout


def _readme(binary, text):
    """README with the table of today, or None where it has no place for one."""
    if BEGIN not in text or END not in text:
        return None
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{_printed(binary, 'markdown').strip()}\n{END}{after}"


def wanted(binary):
    """{file: its text as it should be, or None where that cannot be told}"""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    return {"README.md": _readme(binary, text), ".env.example": _printed(binary, "env")}


def faults(binary):
    found = []
    for name, text in wanted(binary).items():
        path = ROOT / name
        if text is None:
            found.append(fault(name, 0, f"has no {BEGIN} … {END}"))
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(fault(name, 0, "is not what the table of settings says: ./dev format"))
    return found


def write(binary):
    for name, text in wanted(binary).items():
        if text is not None:
            (ROOT / name).write_text(text, encoding="utf-8")
