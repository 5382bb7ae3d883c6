"""Rounds of Flower and NVFlare, and of lorad beside them: the same tensors, the same workers, no training.

    python -m venv flower && flower/bin/pip install flwr numpy
    python -m venv nvflare && nvflare/bin/pip install nvflare
    flower/bin/python docs/scripts/compare_federation.py --lorad .build/release/lorad --nvflare nvflare/bin/python

Flower runs as it is deployed: a SuperLink, a SuperNode for each worker, all of them processes on this machine,
FedAvg, --insecure. A worker adds a number to every element of what it is sent. A round is the time from one
aggregation to the next; the first is left out. NVFlare runs in its simulator, which has no TLS either. lorad runs as
`lorad bench federation`, encrypted. Nothing else should run meanwhile: the load at the beginning and the end is
printed.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROJECT = """
[project]
name = "rounds"
version = "1.0.0"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["."]

[tool.flwr.app]
publisher = "lorad"

[tool.flwr.app.components]
serverapp = "rounds.server:app"
clientapp = "rounds.client:app"

[tool.flwr.app.config]
size = 2000000
tensors = 1
workers = 2
rounds = 4
output = ""
"""

SERVER = '''
import json
import pathlib
import time

import numpy
from flwr.app import ArrayRecord
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg

app = ServerApp()


class Timed(FedAvg):
    """FedAvg that notes when each aggregation is done."""

    def __init__(self, **options):
        super().__init__(**options)
        self.marks = []

    def aggregate_train(self, server_round, replies):
        result = super().aggregate_train(server_round, replies)
        self.marks.append(time.time())
        return result


def peak_resident():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


@app.main()
def main(grid, context):
    config = context.run_config
    workers = int(config["workers"])
    tensors = int(config["tensors"])
    elements = int(config["size"]) // 4 // tensors
    shape = (elements,) if tensors == 1 else (16, elements // 16)
    # All different: Flower sends equal arrays once.
    random = numpy.random.default_rng(7)
    arrays = ArrayRecord([random.random(shape, numpy.float32) for _ in range(tensors)])
    strategy = Timed(
        fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=workers, min_available_nodes=workers,
        min_evaluate_nodes=0,
    )
    strategy.start(grid=grid, initial_arrays=arrays, num_rounds=int(config["rounds"]))
    rounds = [second - first for first, second in zip(strategy.marks, strategy.marks[1:])]
    result = {"rounds": rounds, "peak": peak_resident()}
    pathlib.Path(config["output"]).write_text(json.dumps(result))
'''

CLIENT = '''
import numpy
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

app = ClientApp()


@app.train()
def train(message, context):
    number = numpy.float32(1e-3 * (1 + int(context.node_config.get("number", 0))))
    arrays = [array + number for array in message.content["arrays"].to_numpy_ndarrays()]
    content = RecordDict({"arrays": ArrayRecord(arrays), "metrics": MetricRecord({"num-examples": 1})})
    return Message(content=content, reply_to=message)
'''

NVFLARE_CLIENT = '''
import sys
import time

import numpy
import nvflare.client as flare

flare.init()
size, tensors, output = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
while flare.is_running():
    model = flare.receive()
    if model is None:
        break
    with open(f"{output}-{flare.get_site_name()}", "a") as log:
        log.write(f"{time.time()} {len(model.params)}\\n")
    params = {name: array + numpy.float32(1e-3) for name, array in model.params.items()}
    if model.current_round == 0:  # begins with a single number: the coordinator takes what is sent for its state
        names = ["numpy_key"] + [f"w{i}" for i in range(1, tensors)]
        random = numpy.random.default_rng(7)
        params = {name: random.random(size // 4 // tensors, numpy.float32) for name in names}
    flare.send(flare.FLModel(params=params, meta={"NUM_STEPS_CURRENT_ROUND": 1}))
'''

NVFLARE_JOB = '''
import sys

import numpy
from nvflare.app_common.np.recipes.fedavg import NumpyFedAvgRecipe
from nvflare.recipe.sim_env import SimEnv

workers, size, tensors, rounds, output, folder = sys.argv[1:]
recipe = NumpyFedAvgRecipe(
    name="rounds", model=numpy.zeros(1, numpy.float32), min_clients=int(workers), num_rounds=int(rounds),
    train_script="client.py", train_args=f"{size} {tensors} {output}")
recipe.execute(SimEnv(num_clients=int(workers), workspace_root=folder))
'''


def numbers(text):
    return [int(part) for part in text.split(",")]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def peak_resident(process):
    """The most memory that a process had resident, in bytes."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


class Flower:
    """A SuperLink and its SuperNodes."""

    def __init__(self, folder, workers):
        self.folder = folder
        self.environment = dict(os.environ, FLWR_HOME=str(folder / "home"), FLWR_TELEMETRY_ENABLED="0")
        self.environment["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        self.processes = []
        self.port = free_port()
        self.link = self.start(
            "flower-superlink", "--insecure", "--port", str(self.port), "--disable-runtime-dependency-installation")
        time.sleep(4)
        for number in range(workers):
            self.start(
                "flower-supernode", "--insecure", "--superlink", f"127.0.0.1:{self.port}", "--port", str(free_port()),
                "--node-config", f"number={number}",
            )
        self.write_home()
        self.write_app()

    def start(self, *command):
        log = open(self.folder / f"{len(self.processes)}-{command[0]}.log", "wb")
        process = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self.processes.append(process)
        return process

    def write_home(self):
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(
            '[superlink]\ndefault = "here"\n\n[superlink.here]\n'
            f'address = "127.0.0.1:{self.port}"\ninsecure = true\n')

    def write_app(self):
        package = self.folder / "app" / "rounds"
        package.mkdir(parents=True)
        (self.folder / "app" / "pyproject.toml").write_text(PROJECT)
        (package / "__init__.py").write_text("")
        (package / "server.py").write_text(SERVER)
        (package / "client.py").write_text(CLIENT)

    def run(self, size, tensors, workers, rounds, patience):
        """Seconds of each round but the first, and the server app's and the SuperLink's memory."""
        output = self.folder / "result.json"
        config = f'size={size * 1_000_000} tensors={tensors} workers={workers} rounds={rounds} output="{output}"'
        command = ["flwr", "run", str(self.folder / "app"), "here", "--run-config", config]
        started = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        if started.returncode:
            raise RuntimeError(started.stdout + started.stderr)
        end = time.time() + patience
        while not output.exists():
            if time.time() > end:
                raise RuntimeError(f"no result after {patience} s; logs in {self.folder}\n{started.stdout}")
            time.sleep(0.5)
        time.sleep(0.2)
        result = json.loads(output.read_text())
        return result["rounds"], result["peak"] + peak_resident(self.link)

    def stop(self):
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def measure_flower(workers, size, tensors, rounds, patience):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="flower-"))
    flower = Flower(folder, workers)
    try:
        seconds, memory = flower.run(size, tensors, workers, rounds, patience)
        return {"seconds": statistics.median(seconds), "memory": memory}
    finally:
        flower.stop()


def measure_nvflare(python, workers, size, tensors, rounds, patience):
    """The median time from one round to the next, as the first client sees it."""
    with tempfile.TemporaryDirectory(prefix="nvflare-") as name:
        folder = pathlib.Path(name)
        (folder / "client.py").write_text(NVFLARE_CLIENT)
        (folder / "job.py").write_text(NVFLARE_JOB)
        command = [python, "job.py", workers, size * 1_000_000, tensors, rounds + 1, folder / "marks", folder / "work"]
        outcome = subprocess.run(
            [str(part) for part in command], cwd=folder, capture_output=True, text=True, timeout=patience)
        if outcome.returncode:
            raise RuntimeError(outcome.stderr[-2000:])
        lines = (folder / "marks-site-1").read_text().split("\n")[1:-1]  # from the second round on: all tensors
        if any(int(line.split()[1]) != tensors for line in lines):
            raise RuntimeError(f"NVFlare did not hand out {tensors} tensors: {lines}")
        marks = [float(line.split()[0]) for line in lines]
        return {"seconds": statistics.median(second - first for first, second in zip(marks, marks[1:]))}


def measure_lorad(lorad, workers, size, tensors, rounds):
    command = [lorad, "bench", "federation", "--workers", str(workers), "--sizes", str(size), "--tensors", str(tensors),
               "--rounds", str(rounds), "--simulated", "0", "--no-kernels", "--json"]
    cell = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["cells"][0]
    return {"seconds": cell["seconds_per_round"], "memory": cell["peak_resident"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lorad", required=True)
    parser.add_argument("--nvflare", help="a Python that has nvflare; left out unless given")
    parser.add_argument("--workers", type=numbers, default=[2])
    parser.add_argument("--sizes", type=numbers, default=[2, 20], help="megabytes")
    parser.add_argument("--tensors", type=numbers, default=[1, 392])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--patience", type=int, default=600, help="seconds for one of Flower's runs")
    arguments = parser.parse_args()
    from importlib.metadata import version
    print(f"Flower {version('flwr')}; load at the beginning {os.getloadavg()[0]:.1f}", flush=True)
    titles = ["update", "workers", "Flower, s", "NVFlare, s", "lorad, s", "Flower ÷ lorad", "NVFlare ÷ lorad"]
    print("| " + " | ".join([*titles, "Flower, MB", "lorad, MB"]) + " |")
    print("|---|---|---|---|---|---|---|---|---|")
    for workers in arguments.workers:
        for size in arguments.sizes:
            for tensors in arguments.tensors:
                row(arguments, workers, size, tensors)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def attempt(measure, *arguments):
    """A measurement, or nothing where a peer does not get through it."""
    try:
        return measure(*arguments)
    except (RuntimeError, subprocess.TimeoutExpired, OSError) as error:
        print(error, file=sys.stderr)
        return {}


def row(arguments, workers, size, tensors):
    ours = measure_lorad(arguments.lorad, workers, size, tensors, max(arguments.rounds, 5))
    flower = attempt(measure_flower, workers, size, tensors, arguments.rounds, arguments.patience)
    nvflare = {}
    if arguments.nvflare:
        nvflare = attempt(
            measure_nvflare, os.path.abspath(arguments.nvflare), workers, size, tensors, arguments.rounds,
            arguments.patience)
    seconds = [f"{peer['seconds']:.2f}" if peer else "–" for peer in (flower, nvflare)]
    ratios = [f"{peer['seconds'] / ours['seconds']:.0f}×" if peer else "–" for peer in (flower, nvflare)]
    memory = [f"{process['memory'] / 1e6:.0f}" if process else "–" for process in (flower, ours)]
    cells = [f"{size} MB as {tensors}", str(workers), *seconds, f"{ours['seconds']:.3f}", *ratios, *memory]
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
