#!/usr/bin/env python3
"""Strangers' bytes at a coordinator's WebSocket: handshakes that are cut short, too long, wrong or made up, frames that break
the protocol, and connections that say nothing.

    strangers.py HOST PORT PATH COUNT [tls]

Sends COUNT of them, one after another, and keeps up to 64 connections open that never end what they began. Prints how many
were sent; whether the coordinator bears it is for the caller to see.
"""

import base64
import os
import random
import socket
import ssl
import struct
import sys

chance = random.Random(19)
GOOD = {
    "Host": "lorad.test", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(), "Sec-WebSocket-Protocol": "rep.sp.nanomsg.org",
}


def handshake(path, fields=GOOD, method="GET"):
    return f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{k}: {v}\r\n".encode() for k, v in fields.items()) + b"\r\n"


def damaged(path):
    """A handshake with some bytes changed, cut out or put in."""
    bytes_ = bytearray(handshake(path))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(bytes_))
        match chance.randrange(3):
            case 0: bytes_[at] = chance.randrange(256)
            case 1: del bytes_[at: at + chance.randint(1, 30)]
            case 2: bytes_[at:at] = chance.randbytes(chance.randint(1, 30))
    return bytes(bytes_)


def wrong(path):
    fields = dict(GOOD)
    name = chance.choice(list(fields))
    match chance.randrange(4):
        case 0: del fields[name]
        case 1: fields[name] = chance.choice(["", "x" * 9000, "\x00", "rep.sp.nanomsg.org, pair.sp.nanomsg.org", "-1"])
        case 2: fields |= {f"X-{i}": "y" * 50 for i in range(200)}
        case 3: return handshake(path, fields, chance.choice(["POST", "PRI", "CONNECT", "\xff", "GET" * 50]))
    return handshake(path, fields)


def frames():
    """What may follow a good handshake: lengths up to 2^64, frames without a mask, kinds that do not exist, noise."""
    match chance.randrange(6):
        case 0: return struct.pack("!BBQ", 0x82, 0xFF, chance.choice([2**64 - 1, 2**63, 2**31, 2**20])) + os.urandom(64)
        case 1: return bytes([0x82, 5]) + b"hello"
        case 2: return bytes([chance.randrange(256), chance.randrange(256)]) + os.urandom(chance.randrange(200))
        case 3: return os.urandom(chance.randrange(1, 400))
        case 4: return b"".join(bytes([0x02 if i == 0 else 0x00, 0x81]) + os.urandom(5) for i in range(300))
        case _: return bytes([0x82, 0x80 | 50]) + bytes(4) + struct.pack("!I", 0x80000001) + os.urandom(46)


def connect(host, port, tls):
    connection = socket.create_connection((host, port), timeout=5)
    if not tls:
        return connection
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def main():
    host, port, path, count, *tls = sys.argv[1:]
    kept = []
    for _ in range(int(count)):
        try:
            connection = connect(host, int(port), tls)
            kind = chance.randrange(5)
            connection.sendall([damaged, wrong, lambda p: handshake(p) + frames(), lambda p: handshake(p)[:-chance.randint(1, 60)],
                                lambda p: chance.randbytes(chance.randint(1, 500))][kind](path))
            if kind == 2:
                connection.settimeout(0.2)
                try:
                    connection.recv(4096)
                    connection.sendall(frames())
                except OSError:
                    pass
            if kind == 3 and len(kept) < 64:
                kept.append(connection)
            else:
                connection.close()
        except OSError:
            pass  # it was thrown out before it had said all
    print(f"{count} strangers")


if __name__ == "__main__":
    main()
