"""P7: a file of 1 GiB by presigned parts and by multipart POST, against curl straight to the store."""
import statistics
import subprocess
import threading
import time

from bench.server import backing, pss_bytes, server
from harness.paths import HarnessError
from harness.process import wait_until

SIZE = 1 << 30
MIB = 1 << 20
PARTS_AT_ONCE = 3


class Peak(threading.Thread):
    """The most memory that a process takes until stop()."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.ended = pid, 0, threading.Event()

    def run(self):
        while not self.ended.wait(0.05):
            self.most = max(self.most, pss_bytes(self.pid))

    def stop(self):
        self.ended.set()
        self.join()
        return self.most


def _curl(*arguments):
    """Seconds that one curl took; any status but 2xx ends the benchmark."""
    began = time.monotonic()
    done = subprocess.run(["curl", "-sS", "--fail-with-body", "-o", "/dev/null", *arguments], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"curl: {done.stderr}")
    return time.monotonic() - began


def _begin(client, workspace, size):
    return client.call("POST", f"/workspaces/{workspace}/uploads",
                       {"filename": "big.bin", "size": size, "content_type": "application/octet-stream"})


def _straight(client, workspace, file):
    """One PUT of the file to the store itself: curl's own signature, the same bucket."""
    env = client.store
    return _curl("-T", str(file), "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
                 f"{env['MINIO_ACCESS_KEY']}:{env['MINIO_SECRET_KEY']}", "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                 f"http://{env['MINIO_ENDPOINT']}/{env['MINIO_BUCKET_NAME']}/straight.bin")


def _cut(file, folder, part_size):
    folder.mkdir(exist_ok=True)
    subprocess.run(["split", "-b", str(part_size), "-d", "-a", "4", str(file), f"{folder}/"], check=True)
    return sorted(folder.iterdir())


def _await_digest(client, workspace):
    """The job that reads a file of parts back for its SHA-256 is not to run beside the next measurement."""
    wait_until(lambda: all(a["sha256"] for a in client.call("GET", f"/workspaces/{workspace}/attachments")), 60,
               "the file's SHA-256", [])


def _parts(client, workspace, file):
    """Several parts at a time, as browsers and SDKs send them."""
    upload = _begin(client, workspace, SIZE)
    pieces = _cut(file, file.parent / "pieces", upload["part_size"])
    arguments = []
    for piece, part in zip(pieces, upload["parts"]):
        arguments += ["-T", str(piece), part["url"]]
    began = time.monotonic()
    subprocess.run(["curl", "-sS", "--no-progress-meter", "--fail", "--parallel", "--parallel-max", str(PARTS_AT_ONCE),
                    *sum((["-o", "/dev/null"] for _ in pieces), []), *arguments], check=True)
    client.call("POST", f"/workspaces/{workspace}/uploads/{upload['upload_id']}/complete", {})
    took = time.monotonic() - began
    _await_digest(client, workspace)
    return took


def _multipart(client, workspace, file, chat):
    return _curl("-k", "-H", f"Authorization: Bearer {client.token}", "-F", f"files=@{file};filename=big.bin",
                 "-F", "content=big", f"{client.base}/workspaces/{workspace}/chat/{chat}/message")


def run(built, folder):
    with backing("mariadb", folder) as parts:
        settings = {"MAX_UPLOAD_SIZE": "2G", "ALLOWED_FILE_TYPES": "*"}
        with server(built / "parley", folder / "parley", parts.env, **settings) as (stack, client):
            client.store = parts.env
            workspace = client.workspace()
            chat = client.chat(workspace)
            file = folder / "big.bin"
            subprocess.run(["dd", "if=/dev/urandom", f"of={file}", "bs=1M", f"count={SIZE // MIB}", "status=none"], check=True)
            client.call("GET", "/auth/me")
            before = pss_bytes(stack.parleys[0].pid)
            peak = Peak(stack.parleys[0].pid)
            peak.start()
            rounds = [(_straight(client, workspace, file), _parts(client, workspace, file),
                       _multipart(client, workspace, file, chat)) for _ in range(3)]
            grown = (peak.stop() - before) / MIB
    for column, what, goal in ((1, "presigned parts", 0.90), (2, "multipart POST", 0.50)):
        ratio = statistics.median(r[0] / r[column] for r in rounds)
        yield {"what": f"1 GiB by {what}, speed against curl straight to the store", "value": f"{ratio:.2f}",
               "ratio": ratio, "goal": f">= {goal:.2f}", "reached": ratio >= goal,
               "figures": {"seconds": [r[column] for r in rounds], "straight_seconds": [r[0] for r in rounds]}}
    yield {"what": "memory grown while uploading", "value": f"{grown:.1f} MiB", "ratio": grown / 16, "goal": "<= 16 MiB",
           "reached": grown <= 16, "figures": {"grown_mib": grown}}
