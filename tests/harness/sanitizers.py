"""Where the sanitizers of a server write, and what they wrote."""


def options(log_path):
    """Environment of a server built with ASan and UBSan. A report goes to log_path.<process id>."""
    common = f"log_path={log_path}:print_stacktrace=1:halt_on_error=1"
    return {"ASAN_OPTIONS": f"{common}:detect_leaks=1:exitcode=86:detect_stack_use_after_return=1",
            "UBSAN_OPTIONS": f"{common}:exitcode=86", "LSAN_OPTIONS": "report_objects=1",
            "TSAN_OPTIONS": f"log_path={log_path}:halt_on_error=0:exitcode=86"}


def reports(folder):
    """The beginnings of all reports below a folder."""
    found = []
    for file in sorted(folder.rglob("sanitizer.*")):
        text = file.read_text(encoding="utf-8", errors="replace")
        if text.strip():
            found.append(f"{file}\n" + "\n".join(text.splitlines()[:40]))
    return found
