"""The DICOM upper layer and C-STORE, as little of them as the tests need, with the standard library alone.

Independent of the gateway and of every library it is built on. A sender that puts the bytes of a data set on the wire
exactly as it was given them (a library would repair or refuse a broken file), says for each object whether it was
acknowledged, and streams objects larger than memory; and a receiver that hands the bytes on as they arrive.
"""

import socket
import struct
import threading

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
IMPLEMENTATION_CLASS = "2.25.188297651092331716216427354911387412001"


class Lost(Exception):
    """The association ended before the answer came."""


class Refused(Exception):
    """The association was rejected; carries (result, source, reason)."""


def _item(kind, body):
    return struct.pack(">BxH", kind, len(body)) + body


def _title(text):
    return text.encode("ascii").ljust(16)[:16]


def _read(sock, count):
    parts = bytearray()
    while len(parts) < count:
        got = sock.recv(count - len(parts))
        if not got:
            raise Lost("connection closed")
        parts += got
    return bytes(parts)


def _read_pdu(sock, bound=1 << 24):
    kind, length = struct.unpack(">BxI", _read(sock, 6))
    if length > bound:
        raise Lost(f"a PDU of {length} bytes")
    return kind, _read(sock, length)


def _items(body):
    at = 0
    while at + 4 <= len(body):
        kind, length = struct.unpack_from(">BxH", body, at)
        yield kind, body[at + 4 : at + 4 + length]
        at += 4 + length


def command(elements):
    """A command set: implicit little endian, (0000,0000) first. `elements` maps element number to int, or text (UI)."""
    body = b""
    for element, value in sorted(elements.items()):
        if isinstance(value, str):
            raw = value.encode("ascii")
            raw += b"\0" * (len(raw) % 2)
        else:
            raw = struct.pack("<H", value)
        body += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def parse_command(raw):
    """Element number to bytes, of a command set."""
    found, at = {}, 0
    while at + 8 <= len(raw):
        _, element, length = struct.unpack_from("<HHI", raw, at)
        found[element] = raw[at + 8 : at + 8 + length]
        at += 8 + length
    return found


def _short(found, element):
    raw = found.get(element, b"\0\0")
    return struct.unpack("<H", raw[:2])[0] if len(raw) >= 2 else 0


def _text(found, element):
    return found.get(element, b"").rstrip(b"\0 ").decode("ascii", "replace")


class Scu:
    """A Storage and Verification SCU on one association."""

    def __init__(self, host, port, contexts, called="TOKUMEI", calling="SENDER", timeout=120.0, max_pdu=131072):
        """`contexts`: a list of (abstract syntax, [transfer syntaxes]); at most 128."""
        self.sock = socket.create_connection((host, port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.message_id = 0
        body = struct.pack(">HH", 1, 0) + _title(called) + _title(calling) + bytes(32)
        body += _item(0x10, APPLICATION_CONTEXT.encode())
        for number, (abstract, syntaxes) in enumerate(contexts):
            inner = _item(0x30, abstract.encode()) + b"".join(_item(0x40, s.encode()) for s in syntaxes)
            body += _item(0x20, struct.pack("BBBB", 2 * number + 1, 0, 0, 0) + inner)
        user = _item(0x51, struct.pack(">I", max_pdu)) + _item(0x52, IMPLEMENTATION_CLASS.encode())
        body += _item(0x50, user)
        self.sock.sendall(struct.pack(">BxI", 1, len(body)) + body)
        kind, answer = _read_pdu(self.sock)
        if kind == 3:
            self.sock.close()
            raise Refused(tuple(answer[1:4]))
        if kind != 2:
            self.sock.close()
            raise Lost(f"PDU {kind} instead of an acceptance")
        self.peer_max = 16384
        self.accepted = {}
        for kind, item in _items(answer[68:]):
            if kind == 0x21 and item[2] == 0:
                abstract = contexts[item[0] // 2][0]
                syntax = next(value for k, value in _items(item[4:]) if k == 0x40).rstrip(b"\0 ").decode()
                self.accepted[(abstract, syntax)] = item[0]
            elif kind == 0x50:
                for k, value in _items(item):
                    if k == 0x51:
                        self.peer_max = struct.unpack(">I", value)[0] or max_pdu
        self.step = min(self.peer_max, max_pdu) - 6

    def _send(self, context, flags, chunks):
        """Sends PDVs; `flags` is 1 for a command; the last fragment is marked when the chunks end."""
        held = b""
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                if held:
                    self._pdv(context, flags, held)
                held, view = view[: self.step], view[self.step :]
        self._pdv(context, flags | 2, held)

    def _pdv(self, context, flags, data):
        header = struct.pack(">BxIIBB", 4, len(data) + 6, len(data) + 2, context, flags)
        self.sock.sendmsg([header, data]) if len(data) < 4096 else self._send_large(header, data)

    def _send_large(self, header, data):
        self.sock.sendall(header + bytes(data))

    def _answer(self):
        raw = bytearray()
        while True:
            kind, body = _read_pdu(self.sock)
            if kind != 4:
                raise Lost(f"PDU {kind} instead of an answer")
            at = 0
            while at + 6 <= len(body):
                length, _, flags = struct.unpack_from(">IBB", body, at)
                raw += body[at + 6 : at + 4 + length]
                at += 4 + length
                if flags & 2:
                    return parse_command(bytes(raw))

    def store(self, sop_class, sop_instance, syntax, chunks):
        """Sends one object; the status it was answered with. `chunks`: the data set, as bytes in any pieces."""
        context = self.accepted[(sop_class, syntax)]
        self.message_id = self.message_id % 65535 + 1
        request = command(
            {0x0002: sop_class, 0x0100: 1, 0x0110: self.message_id, 0x0700: 0, 0x0800: 1, 0x1000: sop_instance}
        )
        try:
            self._send(context, 1, [request])
            self._send(context, 0, chunks)
            answer = self._answer()
        except OSError as error:
            raise Lost(str(error)) from error
        if _short(answer, 0x0120) != self.message_id:
            raise Lost("an answer to another message")
        return _short(answer, 0x0900)

    def echo(self):
        """The status of C-ECHO."""
        context = next(number for (abstract, _), number in self.accepted.items() if abstract == VERIFICATION)
        self.message_id = self.message_id % 65535 + 1
        self._send(context, 1, [command({0x0002: VERIFICATION, 0x0100: 0x30, 0x0110: self.message_id, 0x0800: 0x0101})])
        return _short(self._answer(), 0x0900)

    def release(self):
        """Ends the association in good order."""
        try:
            self.sock.sendall(struct.pack(">BxII", 5, 4, 0))
            _read_pdu(self.sock)
        finally:
            self.sock.close()

    def close(self):
        """Drops the connection."""
        self.sock.close()


class Scp:
    """A Storage SCP that accepts every context and gives each object to `sink(sop_class, sop_instance, syntax)`.

    The sink returns an object with `write(bytes)` and `done() -> status`. Many associations at once.
    """

    def __init__(self, sink, port=0, max_pdu=131072):
        self.sink, self.max_pdu = sink, max_pdu
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.faults = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Stops accepting."""
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._guarded, args=(sock,), daemon=True).start()

    def _guarded(self, sock):
        try:
            with sock:
                self._serve(sock)
        except Lost:
            pass
        except Exception as error:  # the test reports it; a thread must not die in silence
            self.faults.append(repr(error))

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _, request = _read_pdu(sock)
        contexts, answer = {}, request[:68] + _item(0x10, APPLICATION_CONTEXT.encode())
        for kind, item in _items(request[68:]):
            if kind == 0x20:
                syntax = next(value for k, value in _items(item[4:]) if k == 0x40)
                contexts[item[0]] = syntax.rstrip(b"\0 ").decode()
                answer += _item(0x21, bytes([item[0], 0, 0, 0]) + _item(0x40, syntax))
        answer += _item(0x50, _item(0x51, struct.pack(">I", self.max_pdu)) + _item(0x52, IMPLEMENTATION_CLASS.encode()))
        sock.sendall(struct.pack(">BxI", 2, len(answer)) + answer)
        raw, store, sink = bytearray(), None, None
        while True:
            kind, body = _read_pdu(sock)
            if kind == 5:
                sock.sendall(struct.pack(">BxII", 6, 4, 0))
                return
            if kind != 4:
                return
            at, view = 0, memoryview(body)
            while at + 6 <= len(body):
                length, context, flags = struct.unpack_from(">IBB", body, at)
                data = view[at + 6 : at + 4 + length]
                at += 4 + length
                if flags & 1:
                    raw += data
                    if not flags & 2:
                        continue
                    store, raw = parse_command(bytes(raw)), bytearray()
                    if _short(store, 0x0100) == 0x30:
                        self._reply(sock, context, store, 0x8030, 0)
                    else:
                        sink = self.sink(_text(store, 0x0002), _text(store, 0x1000), contexts[context])
                else:
                    sink.write(data)
                    if flags & 2:
                        self._reply(sock, context, store, 0x8001, sink.done())

    @staticmethod
    def _reply(sock, context, request, kind, status):
        fields = {0x0002: _text(request, 0x0002), 0x0100: kind, 0x0120: _short(request, 0x0110), 0x0800: 0x0101, 0x0900: status}
        if 0x1000 in request:
            fields[0x1000] = _text(request, 0x1000)
        raw = command(fields)
        sock.sendall(struct.pack(">BxIIBB", 4, len(raw) + 6, len(raw) + 2, context, 3) + raw)


def part10(path):
    """(SOP class, SOP instance, transfer syntax, offset of the data set) of a Part 10 file, or None if it is not one."""
    with open(path, "rb") as file:
        head = file.read(65536)
    if head[128:132] != b"DICM":
        return None
    found, at = {}, 132
    while at + 8 <= len(head) and head[at : at + 2] == b"\x02\x00":
        vr = head[at + 4 : at + 6]
        if vr in (b"OB", b"UN", b"SQ", b"UT", b"OW"):
            if at + 12 > len(head):
                return None
            length, start = struct.unpack_from("<I", head, at + 8)[0], at + 12
        else:
            length, start = struct.unpack_from("<H", head, at + 6)[0], at + 8
        found[struct.unpack_from("<H", head, at + 2)[0]] = head[start : start + length]
        at = start + length
    values = [found.get(n, b"").rstrip(b"\0 ").decode("ascii", "replace") for n in (0x02, 0x03, 0x10)]
    return (*values, at) if all(values) and at < len(head) else None
