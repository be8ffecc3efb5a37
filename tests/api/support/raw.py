"""Requests as bytes, for what no HTTP library would send."""
import socket
import ssl


def raw(server, data, tls=True, context=None, enough=None):
    """Sends bytes as they are and returns what comes until the end or a pause, or until `enough` says so of it."""
    host, port = server.base_url.removeprefix("https://").split(":")
    s = socket.create_connection((host, int(port)), 10)
    if tls:
        context = context or ssl.create_default_context(cafile=server.ca)
        s = context.wrap_socket(s, server_hostname="localhost")
    with s:
        s.sendall(data)
        s.settimeout(10)
        answer = b""
        while True:
            more = s.recv(65536)
            answer += more
            if not more or enough and enough(answer):
                return answer


def request_of(head, *headers):
    return "\r\n".join([head, "Host: localhost", "Connection: close", *headers, "", ""]).encode()
