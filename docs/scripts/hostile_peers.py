"""What strangers can do to a coordinator: its memory while thousands of connections send nothing, nonsense, or
messages that never end, to both of its ports; and whether a worker still finishes the run with the adapter of
`lorad train`.

    python docs/scripts/hostile_peers.py --lorad .build/release/lorad [--connections 2000]

Needs Linux, and nothing but the standard library.
"""

import argparse
import pathlib
import random
import re
import resource
import select
import socket
import struct
import subprocess
import tempfile
import time

GREETING = b"\0SP\0\0\x30\0\0"  # nanomsg's REQ
LIMITS = {"control": 128 << 10, "bulk": (1 << 20) + (64 << 10)}
RUN_FILE = """
run: hostile
model: {{ path: {fixture}/model }}
adapter: {{ r: 4, target_modules: '.*language_model.*_proj' }}
data: {{ train: {fixture}/data/train.json, images: {fixture}/data/pictures }}
training: {{ learning_rate: 1e-2, per_device_train_batch_size: 8, max_steps: {steps}, logging_steps: 10, output_dir: out }}
"""


def memory(process):
    """Resident now and at most, in MB."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(values["VmRSS"]) / 1024, int(values["VmHWM"]) / 1024


def attack(kind, index, port, limit):
    """One connection, and what is left to send on it."""
    peer = socket.socket()
    peer.settimeout(5)
    peer.connect(("127.0.0.1", port))
    peer.setblocking(False)
    noise = random.Random(index).randbytes(2_000)
    if kind == "silence":
        return peer, b""
    if kind == "half a greeting":
        return peer, GREETING[: index % 8]
    if kind == "noise":
        return peer, noise
    if kind == "noise after a greeting":
        return peer, GREETING + struct.pack(">Q", len(noise)) + noise
    if kind == "absurd lengths":
        return peer, GREETING + struct.pack(">Q", random.Random(index).choice([1 << 31, 1 << 32, 1 << 63, (1 << 64) - 1]))
    assert kind == "messages without their last byte"
    return peer, GREETING + struct.pack(">Q", limit) + bytes(limit - 1)


def send(pending, seconds):
    """Sends as much as is taken."""
    end = time.monotonic() + seconds
    while pending and time.monotonic() < end:
        for peer in select_writable(pending):
            try:
                pending[peer] = pending[peer][peer.send(pending[peer][: 1 << 18]):]
            except OSError:
                pending[peer] = b""  # it was thrown out
        pending = {peer: rest for peer, rest in pending.items() if rest}
    return len(pending)


def select_writable(pending):
    poll = select.poll()
    peers = {peer.fileno(): peer for peer in pending}
    for number in peers:
        poll.register(number, select.POLLOUT | select.POLLHUP)
    return [peers[number] for number, _ in poll.poll(200)]


def besiege(coordinator, ports, connections):
    """Prints what each kind costs; half of the connections stay."""
    kinds = ["silence", "half a greeting", "noise", "noise after a greeting", "absurd lengths"]
    kinds.append("messages without their last byte")
    kept = []
    print("| connections | to | resident, MB | for each, kB |\n|---|---|---|---|")
    for kind in kinds:
        for name, port in ports.items():
            count = connections if kind != "messages without their last byte" else connections // 10
            before = memory(coordinator)[0]
            peers = [attack(kind, index, port, LIMITS[name]) for index in range(count)]
            left = send({peer: data for peer, data in peers if data}, 60)
            time.sleep(0.5)
            now = memory(coordinator)[0]
            note = f" ({left} not sent to the end)" if left else ""
            each = max(0, now - before) * 1024 / count
            print(f"| {count} × {kind}{note} | {name} | {now:.0f} | {each:.0f} |", flush=True)
            for peer, _ in peers[count // 2 :]:
                peer.close()
            kept += peers[: count // 2]
    return kept


def ports(log):
    """The ports of the control and bulk endpoints, as the coordinator says them."""
    while not (found := re.search(r"listens at tcp://\S+:(\d+) and tcp://\S+:(\d+)", log.read_text())):
        time.sleep(0.1)
    return {"control": int(found[1]), "bulk": int(found[2])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lorad", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=40)
    o = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    fixture = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/tiny-llava"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "run.yaml").write_text(RUN_FILE.format(fixture=fixture, steps=o.steps))
        train = [o.lorad, "train", "--config", "run.yaml", "--set", "training.output_dir=alone"]
        subprocess.run(train, cwd=folder, check=True, capture_output=True)
        listen = ["--listen", "tcp://127.0.0.1:0", "--join-file", "join", "--state", "state"]
        with open(folder / "log", "w") as log:
            coordinator = subprocess.Popen(
                [o.lorad, "coordinator", "--config", "run.yaml"] + listen, cwd=folder, stdout=log, stderr=log)
        try:
            targets = ports(folder / "log")
            print(f"before: {memory(coordinator)[0]:.0f} MB")
            kept = besiege(coordinator, targets, o.connections)
            work = ["--join", (folder / "join").read_text().strip(), "--state", "worker", "--lanes", "1"]
            worker = subprocess.Popen([o.lorad, "worker"] + work, cwd=folder, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
            peak = 0
            while worker.poll() is None:
                if coordinator.poll() is None:
                    peak = max(peak, memory(coordinator)[1])
                time.sleep(0.05)
            assert worker.returncode == 0 and coordinator.wait(30) == 0, (folder / "log").read_text()
        finally:
            coordinator.kill()
        one, other = (folder / name / "adapter_model.safetensors" for name in ["alone", "out"])
        assert one.read_bytes() == other.read_bytes(), "the adapter is another"
        print(f"a worker finished the run among {len(kept)} of them: the adapter is that of lorad train")
        print(f"peak {peak:.0f} MB")


main()
