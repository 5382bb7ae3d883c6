#!/usr/bin/env python3
"""The bytes that TensorBoard's own classes write, for TensorBoardTests; or what TensorBoard reads from a run's folder.

    pip install tensorboard
    python tensorboard_messages.py            prints the messages of the tests in hexadecimal
    python tensorboard_messages.py OUT/runs   prints every scalar that TensorBoard finds there
"""
import io
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

if len(sys.argv) > 1:
    events = EventAccumulator(sys.argv[1]).Reload()
    for tag in events.Tags()["scalars"]:
        print(tag, [(e.step, e.value) for e in events.Scalars(tag)])
    sys.exit()

values = [Summary.Value(tag="train/loss", simple_value=2.5), Summary.Value(tag="eval/loss", simple_value=0.5)]
messages = {
    "file version": Event(wall_time=1.5, file_version="brain.Event:2"),
    "scalars": Event(wall_time=1.5, step=300, summary=Summary(value=values)),
    "session start": Event(wall_time=1.5, step=7, session_log=SessionLog(status=SessionLog.START)),
}
for name, message in messages.items():
    print(name, message.SerializeToString().hex())
frame = io.BytesIO()
RecordWriter(frame).write(b"lorad")
print("frame", frame.getvalue().hex())
