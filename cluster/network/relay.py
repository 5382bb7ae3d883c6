#!/usr/bin/env python3
"""A bad link between two network namespaces, for kernels without tc-netem: packets go through this process, which delays
and loses them. While the file CUT exists all are lost.

    relay.py NAMESPACE-A NAMESPACE-B DELAY-MS LOSS-PERCENT CUT [RATE [NAME]]

Makes a device NAME (`wire`) in each namespace, which must exist; says `ready`, and goes on until it is ended. RATE is in
bits a second, each way; what would wait for more than half a second is lost, as in a router's queue. Where CUT.bytes
exists, it gets the number of bytes that came in from A and from B, once a second.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


QUEUE_SECONDS = 0.5


def open_wire(namespace, device):
    """A device in a namespace, whose packets are read from and written to the descriptor."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"lorad{os.getpid()}"  # of at most 15 characters
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", namespace, "name", device], check=True)
    return descriptor


def main():
    first, second, delay, loss, cut, *more = sys.argv[1:]
    delay, loss = float(delay) / 1000, float(loss) / 100
    rate = float(more[0]) if more else 0
    device = more[1] if len(more) > 1 else "wire"
    wires = [open_wire(first, device), open_wire(second, device)]
    free = [0.0, 0.0]  # when the link has sent what it was given before, each way
    counts = [0, 0]
    written = 0.0
    print("ready", flush=True)
    chance = random.Random(1)
    due = []  # (time, order, the descriptor to write to, packet)
    order = 0
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        for wire in select.select(wires, [], [], wait)[0]:
            packet = os.read(wire, 65536)
            side, now = wires.index(wire), time.monotonic()
            counts[side] += len(packet)
            start = max(free[side], now)
            if os.path.exists(cut) or start - now > QUEUE_SECONDS:
                continue
            free[side] = start + (len(packet) * 8 / rate if rate else 0)
            if chance.random() >= loss:
                order += 1
                heapq.heappush(due, (free[side] + delay, order, wires[1 - side], packet))
        if time.monotonic() - written > 1 and os.path.exists(cut + ".bytes"):
            written = time.monotonic()
            with open(cut + ".bytes.new", "w") as file:
                file.write(f"{counts[0]} {counts[1]}\n")
            os.replace(cut + ".bytes.new", cut + ".bytes")  # whoever reads it never sees half of it
        while due and due[0][0] <= time.monotonic():
            _, _, wire, packet = heapq.heappop(due)
            try:
                os.write(wire, packet)
            except OSError:
                pass  # the device is not up yet, or its queue is full: a packet is lost


if __name__ == "__main__":
    main()
