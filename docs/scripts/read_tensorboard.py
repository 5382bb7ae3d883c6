#!/usr/bin/env python3
"""Reads a run's TensorBoard events with TensorBoard's own reader and compares them with its trainer_log.jsonl.

    pip install tensorboard
    python read_tensorboard.py OUTPUT_DIR
"""

import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main(folder):
    events = EventAccumulator(str(folder / "runs"), size_guidance={"scalars": 0})
    events.Reload()
    tags = events.Tags()["scalars"]
    found = {(tag, event.step): event.value for tag in tags for event in events.Scalars(tag)}
    compared = 0
    for line in (folder / "trainer_log.jsonl").read_text().splitlines():
        record = json.loads(line)
        step = record.pop("step")
        for name, value in record.items():
            if value is None:
                continue
            tag = f"eval/{name[5:]}" if name.startswith("eval_") else f"train/{name}"
            event = found.get((tag, step))
            if event is None or not math.isclose(event, value, rel_tol=1e-6, abs_tol=1e-12):
                sys.exit(f"step {step}: {name} is {value} in the log and {event} in the events")
            compared += 1
    print(f"{compared} values of {len(tags)} curves are equal")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
