"""A provider of models that plays what it is told, byte by byte: plain on one port, with TLS and HTTP/2 or 1.1 on another.
A process of its own: it reads a JSON object per line and writes one per line for what happens.

in:   {"play": PLAY, "path": part of it, "times": n}   the next n requests (1) whose path holds it; 0: all that have no other
      {"go": name}                                     plays that await it go on, now and later
      {"forget": null}                                 no play that was told and has not begun
out:  {"event": "ready", "http": port, "https": port, "ca": file}
      {"event": "asked", "n": 1, "connection": 1, "protocol": "h2", "method", "path", "headers", "body", "body_bytes"}
      {"event": "played", "n": 1}                      all is sent
      {"event": "gone", "n": 1}                        the client has closed, or reset the stream, before that
      {"event": "closed", "connection": 1}

`n` counts requests from 1. What is not told is answered 404. Plays: provider_plays.py.
"""
import asyncio
import json
import os
import pathlib
import ssl
import struct
import subprocess
import sys
import tempfile

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from provider_plays import STREAM, steps_of  # noqa: E402

_SHOWN_BYTES = 16384


class Gone(Exception):
    """The client does not listen any more."""


class Exchange:
    """One request and the way back to who made it; what is to be done on the wire is the protocol's."""

    def __init__(self, server, connection, asked):
        self.server, self.connection = server, connection
        self.n = server.next_number()
        self.gone = asyncio.Event()
        body = asked.pop("body")
        server.tell("asked", n=self.n, connection=connection.number, **asked, body_bytes=len(body),
                    body=body[:_SHOWN_BYTES].decode("utf-8", "replace"))
        self.steps = server.take(asked["path"])

    async def unless_gone(self, waiting):
        task, gone = asyncio.ensure_future(waiting), asyncio.ensure_future(self.gone.wait())
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not task.done():
            task.cancel()
            raise Gone
        return task.result()

    def check_listened(self):
        if self.gone.is_set():
            raise Gone

    async def play(self):
        try:
            for step in self.steps:
                (name, value), = step.items()
                self.check_listened()
                await getattr(self, f"do_{name}")(value)
            self.check_listened()
            await self.do_end(None)
            self.server.tell("played", n=self.n)
        except (Gone, ConnectionError):
            self.server.tell("gone", n=self.n)

    async def do_head(self, value):
        self.begin(*value)

    async def do_data(self, text):
        if not self.begun:
            self.begin(200, STREAM)
        await self.unless_gone(self.send(text.encode("utf-8", "surrogateescape")))

    async def do_whole(self, value):
        status, headers, text = value
        self.begin(status, {**headers, "Content-Length": str(len(text.encode()))})
        await self.unless_gone(self.send(text.encode()))

    async def do_await(self, name):
        await self.unless_gone(self.server.gate(name).wait())

    async def do_silence(self, _):
        await self.gone.wait()
        raise Gone

    async def do_end(self, _):
        if not self.ended:
            self.ended = True
            self.finish()

    async def do_cut(self, _):
        self.ended = True
        self.connection.cut()


class PlainExchange(Exchange):
    """HTTP/1.1, in chunks where there is no length."""

    begun = ended = chunked = False

    def begin(self, status, headers):
        self.begun = True
        self.chunked = "Content-Length" not in headers and headers.get("Connection") != "close"
        lines = [f"HTTP/1.1 {status} Status", *(f"{k}: {v}" for k, v in headers.items())]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        self.connection.writer.write(("\r\n".join([*lines, "", ""])).encode())
        self.closes = headers.get("Connection") == "close"

    async def send(self, data):
        framed = b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data
        self.connection.writer.write(framed)
        await self.connection.writer.drain()

    def finish(self):
        if self.chunked:
            self.connection.writer.write(b"0\r\n\r\n")
        if self.closes:
            self.connection.writer.close()


class StreamExchange(Exchange):
    """A stream of HTTP/2."""

    begun = ended = False

    def __init__(self, server, connection, asked, stream):
        self.stream = stream
        self.room = asyncio.Event()
        super().__init__(server, connection, asked)

    def begin(self, status, headers):
        self.begun = True
        fields = [(":status", str(status)), *((k.lower(), v) for k, v in headers.items() if k != "Connection")]
        self.connection.h2.send_headers(self.stream, fields)
        self.connection.flush()

    async def send(self, data):
        while data:
            room = min(self.connection.h2.local_flow_control_window(self.stream),
                       self.connection.h2.max_outbound_frame_size)
            if room == 0:
                self.room.clear()
                await self.room.wait()
                continue
            self.connection.h2.send_data(self.stream, data[:room])
            data = data[room:]
            self.connection.flush()
        await self.connection.writer.drain()

    def finish(self):
        self.connection.h2.end_stream(self.stream)
        self.connection.flush()

    async def do_refuse(self, _):
        self.ended = True
        self.connection.h2.reset_stream(self.stream, h2.errors.ErrorCodes.REFUSED_STREAM)
        self.connection.flush()

    async def do_goaway(self, _):
        self.ended = True
        # Not by the library, which would take nothing more of the streams before this one.
        self.connection.flush()
        self.connection.writer.write(struct.pack("!HBBBIII", 0, 8, 7, 0, 0, max(self.stream - 2, 0), 0))


class Connection:
    """What both protocols need of one."""

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.number = server.next_connection()
        self.tasks = set()

    def start(self, exchange):
        task = asyncio.ensure_future(exchange.play())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def cut(self):
        """Behind what was sent: with a reset, that would be lost."""
        self.writer.close()

    async def run(self):
        try:
            await self.talk()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        self.server.tell("closed", connection=self.number)
        self.writer.close()


class PlainConnection(Connection):
    async def request(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return {"protocol": "http/1.1", "method": method, "path": path, "headers": headers, "body": body}

    async def talk(self):
        while True:
            exchange = PlainExchange(self.server, self, await self.request())
            task = self.start(exchange)
            # Only one that has gone says anything before it has its answer.
            listening = asyncio.ensure_future(self.reader.read(1)) if any("silence" in s or "await" in s or "data" in s
                                                                          for s in exchange.steps) else None
            if listening:
                await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    exchange.gone.set()
                    await task
                    return
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
            await task


class StreamConnection(Connection):
    def __init__(self, server, reader, writer):
        super().__init__(server, reader, writer)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.asked, self.exchanges = {}, {}

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    def on_RequestReceived(self, event):
        fields = {k.decode() if isinstance(k, bytes) else k: v.decode() if isinstance(v, bytes) else v
                  for k, v in event.headers}
        self.asked[event.stream_id] = {
            "protocol": "h2", "method": fields[":method"], "path": fields[":path"], "body": b"",
            "headers": {k: v for k, v in fields.items() if not k.startswith(":")}}

    def on_DataReceived(self, event):
        self.asked[event.stream_id]["body"] += event.data
        self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def on_StreamEnded(self, event):
        exchange = StreamExchange(self.server, self, self.asked.pop(event.stream_id), event.stream_id)
        self.exchanges[event.stream_id] = exchange
        self.start(exchange)

    def on_StreamReset(self, event):
        if event.stream_id in self.exchanges:
            self.exchanges[event.stream_id].gone.set()

    def on_WindowUpdated(self, _event):
        for exchange in self.exchanges.values():
            exchange.room.set()

    async def talk(self):
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
        self.flush()
        while data := await self.reader.read(65536):
            for event in self.h2.receive_data(data):
                getattr(self, f"on_{type(event).__name__}", lambda _: None)(event)
            self.flush()

    async def run(self):
        await super().run()
        for exchange in self.exchanges.values():
            exchange.gone.set()


class Server:
    def __init__(self):
        self.count = self.connection_count = 0
        self.plays, self.others, self.gates = [], [], {}

    def tell(self, event, **more):
        try:
            print(json.dumps({"event": event, **more}), flush=True)
        except BrokenPipeError:
            os._exit(0)  # the test has gone

    def next_number(self):
        self.count += 1
        return self.count

    def next_connection(self):
        self.connection_count += 1
        return self.connection_count

    def gate(self, name):
        return self.gates.setdefault(name, asyncio.Event())

    def take(self, path):
        """The steps for a request."""
        for play in self.plays:
            if play["path"] in path:
                play["times"] -= 1
                if play["times"] == 0:
                    self.plays.remove(play)
                return play["steps"]
        for play in reversed(self.others):
            if play["path"] in path:
                return play["steps"]
        return steps_of({"status": 404})

    def hear(self, line):
        said = json.loads(line)
        if "play" in said:
            times = said.get("times", 1)
            play = {"path": said.get("path", ""), "times": times, "steps": steps_of(said["play"])}
            (self.plays if times else self.others).append(play)
        elif "go" in said:
            self.gate(said["go"]).set()
        elif "forget" in said:
            self.plays, self.others = [], []
        self.tell("heard")

    async def accept(self, reader, writer):
        tls = writer.get_extra_info("ssl_object")
        kind = StreamConnection if tls and tls.selected_alpn_protocol() == "h2" else PlainConnection
        await kind(self, reader, writer).run()

    async def run(self, folder):
        ca = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca, f"{folder}/provider.key")
        context.set_alpn_protocols(["h2", "http/1.1"])
        plain = await asyncio.start_server(self.accept, "127.0.0.1", 0, backlog=1024)
        tls = await asyncio.start_server(self.accept, "127.0.0.1", 0, ssl=context, backlog=1024)
        self.tell("ready", http=plain.sockets[0].getsockname()[1], https=tls.sockets[0].getsockname()[1], ca=ca)
        commands = asyncio.StreamReader(limit=1 << 24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
        while line := await commands.readline():
            self.hear(line)


def make_certificate(folder):
    """For localhost and 127.0.0.1, signed by itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", f"{folder}/provider.key", "-out", f"{folder}/provider.pem"], check=True, capture_output=True)
    return f"{folder}/provider.pem"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        asyncio.run(Server().run(own))
