"""A Galera cluster of MariaDB's own packages (galera-4, mariadb-server, rsync): some nodes on loopback.

The first node makes the data; each other one gets a copy of it (a state transfer by rsync) as it joins.
"""
import os
from pathlib import Path

from . import ports
from .mariadb import MariaDB
from .paths import HarnessError, private_folder, program
from .process import wait_until

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so")
JOIN_MAX_S = 90


def provider():
    found = [path for path in PROVIDERS if os.access(path, os.R_OK)]
    if not found:
        raise HarnessError("libgalera_smm.so is not installed (Debian package galera-4)")
    program("wsrep_sst_rsync", "mariadb-server")
    return found[0]


class Node(MariaDB):
    def __init__(self, cluster, folder):
        super().__init__(folder, durable=False)
        self.cluster = cluster
        # Of the group, of an incremental transfer, of the first copy. Galera wants to know them before it starts.
        self.group_port, self.transfer_port, self.copy_port = (ports.free() for _ in range(3))

    @property
    def is_first(self):
        return self is self.cluster.nodes[0]

    def init_sql(self):
        """Only the first makes the account: the others get it with everything else."""
        return super().init_sql() if self.is_first else "SELECT 1;\n"

    def _read_password(self):
        if not self.is_first:
            private_folder(self.folder)
            secret = self.folder / "password"
            secret.touch(0o600)
            secret.write_text(self.cluster.nodes[0].password, encoding="ascii")
        super()._read_password()

    def server_command(self):
        others = [node for node in self.cluster.nodes if node.alive() and node is not self]
        address = ",".join(f"127.0.0.1:{node.group_port}" for node in others)
        options = (f"base_host=127.0.0.1;base_port={self.group_port};gmcast.listen_addr=tcp://127.0.0.1:{self.group_port};"
                   f"ist.recv_addr=127.0.0.1:{self.transfer_port};gcache.dir={self.folder};gcache.size=64M;pc.recovery=no")
        return [*super().server_command(), "--wsrep-on=ON", f"--wsrep-provider={provider()}", "--wsrep-cluster-name=parley",
                f"--wsrep-cluster-address=gcomm://{address}", "--wsrep-node-address=127.0.0.1",
                f"--wsrep-node-name={self.folder.name}", f"--wsrep-provider-options={options}", "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address=127.0.0.1:{self.copy_port}", "--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2", "--wsrep-slave-threads=2"]

    def state(self, name):
        found = self.query(f"SHOW GLOBAL STATUS LIKE 'wsrep_{name}'", "")
        return found[0].split("\t")[1] if found else ""

    def healthy(self):
        return super().healthy() and self.state("local_state_comment") == "Synced" and self.state("ready") == "ON"

    def wait(self):
        wait_until(self.healthy, JOIN_MAX_S, f"node {self.folder.name} of the cluster", [self])


class Cluster:
    """`nodes`: of which each is a database server with the same rows."""

    def __init__(self, folder, count=3, pristine=None):
        self.nodes = []
        for number in range(1, count + 1):
            self.nodes.append(Node(self, Path(folder).absolute() / f"node{number}"))
            self.nodes[-1].pristine = pristine

    def start(self):
        for node in self.nodes:
            node.start()
            node.wait()

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()
