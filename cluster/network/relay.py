#!/usr/bin/env python3
"""A bad link between two network namespaces, for kernels without tc-netem: packets go through this process, which delays
and loses them. While the file CUT exists all are lost.

    relay.py NAMESPACE-A NAMESPACE-B DELAY-MS LOSS-PERCENT CUT

Makes a device `wire` in each namespace, which must exist; says `ready`, and goes on until it is ended.
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


def open_wire(namespace):
    """A device in a namespace, whose packets are read from and written to the descriptor."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"lorad{os.getpid()}"
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "netns", namespace, "name", "wire"], check=True)
    return descriptor


def main():
    first, second, delay, loss, cut = sys.argv[1:]
    delay, loss = float(delay) / 1000, float(loss) / 100
    wires = [open_wire(first), open_wire(second)]
    print("ready", flush=True)
    chance = random.Random(1)
    due = []  # (time, order, the descriptor to write to, packet)
    order = 0
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        for wire in select.select(wires, [], [], wait)[0]:
            packet = os.read(wire, 65536)
            if chance.random() >= loss and not os.path.exists(cut):
                order += 1
                heapq.heappush(due, (time.monotonic() + delay, order, wires[1 - wires.index(wire)], packet))
        while due and due[0][0] <= time.monotonic():
            _, _, wire, packet = heapq.heappop(due)
            try:
                os.write(wire, packet)
            except OSError:
                pass  # the device is not up yet, or its queue is full: a packet is lost


if __name__ == "__main__":
    main()
