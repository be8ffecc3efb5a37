"""TCP ports on loopback."""
import errno
import socket


def _family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def taken(host, port):
    """Why nothing can listen there, or None where something can."""
    host = host.strip("[]")
    host = {"*": "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host)
    with socket.socket(_family(host), socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((host, port))
        except OSError as e:
            if e.errno == errno.EADDRINUSE:
                return "taken by another program"
            if e.errno == errno.EACCES:
                return "reserved for root"
            return e.strerror
    return None


def free(host="127.0.0.1"):
    """A port that was free a moment ago."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def answers(host, port, timeout_s=0.5):
    """True where something accepts connections."""
    try:
        socket.create_connection((host, port), timeout_s).close()
    except OSError:
        return False
    return True
