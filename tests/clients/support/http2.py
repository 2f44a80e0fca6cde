"""HTTP/2 by the `h2` package on a raw socket: prior knowledge or after TLS, several streams at once."""

import dataclasses
import socket

import h2.config
import h2.connection
import h2.events


@dataclasses.dataclass
class Stream:
    status: int = 0
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: bool = False


class Http2:
    def __init__(self, server, wrap=lambda plain: plain):
        self.socket = wrap(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.streams = {}
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def request(self, scheme, method, target, headers, body=b""):
        """Sends one request; answers its stream's number. `headers` holds `host`, which becomes `:authority`."""
        number = self.h2.get_next_available_stream_id()
        rest = [(name, str(value)) for name, value in headers.items() if name not in ("host", "connection")]
        pseudo = [(":method", method), (":path", target), (":scheme", scheme), (":authority", headers["host"])]
        self.streams[number] = Stream()
        self.h2.send_headers(number, pseudo + rest, end_stream=not body)
        self._flush()
        while body:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(body))
            if not room:
                self._receive()
                continue
            self.h2.send_data(number, body[:room], end_stream=room == len(body))
            body = body[room:]
            self._flush()
        return number

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server closed")
        for event in self.h2.receive_data(data):
            stream = self.streams.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.ResponseReceived):
                stream.headers = dict(event.headers)
                stream.status = int(stream.headers[":status"])
            elif isinstance(event, h2.events.DataReceived):
                stream.body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                stream.ended = True
            elif isinstance(event, h2.events.StreamReset):
                stream.ended = stream.reset = True
        self._flush()

    def read(self, number):
        while not self.streams[number].ended:
            self._receive()
        return self.streams[number]
