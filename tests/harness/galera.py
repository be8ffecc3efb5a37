"""A Galera cluster of Debian's MariaDB and galera-4: some nodes on loopback.

The first node makes the data; the others begin with a copy of it, taken while it is stopped, and are told by it what it has done
since (galera-join/wsrep_sst_copied).
"""
import os
import shutil
from pathlib import Path

from . import ports
from .mariadb import MariaDB
from .paths import HarnessError, private_folder
from .process import wait_until

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so")
JOINING = Path(__file__).with_name("galera-join")
JOIN_MAX_S = 60


def provider():
    for path in PROVIDERS:
        if os.access(path, os.R_OK):
            return path
    raise HarnessError("libgalera_smm.so is not installed (Debian package galera-4)")


class Node(MariaDB):
    def __init__(self, cluster, folder):
        super().__init__(folder, durable=False)
        self.cluster = cluster
        # Of the group, of what a node has missed, of how it joins. Galera wants to know them before it starts.
        self.group_port, self.transfer_port, self.join_port = (ports.free() for _ in range(3))

    def init_sql(self):
        """The account is made once; later each start leaves the data as it is."""
        return "SELECT 1;\n" if (self.folder / "joined").exists() else super().init_sql()

    def server_command(self):
        others = [node for node in self.cluster.nodes if node is not self and node.alive()]
        address = ",".join(f"127.0.0.1:{node.group_port}" for node in others)
        options = (f"base_host=127.0.0.1;base_port={self.group_port};gmcast.listen_addr=tcp://127.0.0.1:{self.group_port};"
                   f"ist.recv_addr=127.0.0.1:{self.transfer_port};gcache.dir={self.folder};gcache.size=64M;pc.recovery=no")
        return ["env", f"PATH={JOINING}:{os.environ['PATH']}", f"GALERA_JOIN={self.cluster.folder}",
                *super().server_command(), "--wsrep-on=ON", f"--wsrep-provider={provider()}", "--wsrep-cluster-name=parley",
                f"--wsrep-cluster-address=gcomm://{address}", "--wsrep-node-address=127.0.0.1",
                f"--wsrep-node-name={self.folder.name}", f"--wsrep-provider-options={options}", "--wsrep-sst-method=copied",
                f"--wsrep-sst-receive-address=127.0.0.1:{self.join_port}", "--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2", "--wsrep-slave-threads=2"]

    def begin_with(self, first):
        """The data and the account of another node, which is stopped."""
        private_folder(self.folder)
        shutil.copytree(first.data, self.data)
        shutil.copy2(first.folder / "password", self.folder / "password")
        (self.folder / "made").touch()
        (self.folder / "joined").touch()

    def healthy(self):
        if not super().healthy():
            return False
        found = dict(line.split("\t") for line in self.query("SHOW GLOBAL STATUS WHERE Variable_name IN "
                                                             "('wsrep_local_state_comment', 'wsrep_ready')", ""))
        return found == {"wsrep_local_state_comment": "Synced", "wsrep_ready": "ON"}

    def wait(self):
        wait_until(self.healthy, JOIN_MAX_S, f"{self.folder.name} of the cluster", [self])


class Cluster:
    """`nodes`: each a database server with the same rows."""

    def __init__(self, folder, count=3, pristine=None):
        self.folder = private_folder(Path(folder).absolute())
        self.nodes = [Node(self, self.folder / f"node{number}") for number in range(1, count + 1)]
        self.nodes[0].pristine = pristine

    def start(self):
        first, *others = self.nodes
        first.start()
        first.wait()
        first.stop()
        (first.folder / "joined").touch()
        for node in others:
            node.begin_with(first)
        for node in self.nodes:
            node.start()
            node.wait()

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()
