#!/usr/bin/env python3
"""Writes expected.json: which rows transformers' Trainer takes in each step when it does not shuffle.

    pip install torch transformers accelerate
    python generate.py [--check]

Each case is a run of the Trainer over numbered rows with a SequentialSampler and `dataloader_drop_last` off. `steps` has the
rows of each optimizer step, by micro-batch; `total_steps` is the Trainer's own count (`state.global_step`). --check compares
with what is stored.
"""

import json, os, sys, tempfile

import torch, transformers
from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments

transformers.logging.set_verbosity_error()
EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json")

# rows, batch, accumulation, epochs, max_steps
CASES = [
    (12, 8, 1, 3, -1),
    (9, 8, 1, 3, -1),
    (12, 4, 1, 2, -1),
    (9, 2, 3, 2, -1),
    (10, 2, 2, 3, -1),
    (7, 2, 4, 3, -1),
    (13, 4, 3, 2, -1),
    (3, 8, 1, 2, -1),
    (3, 2, 4, 3, -1),
    (9, 2, 1, 2.5, -1),
    (9, 2, 2, 1, 7),
    (12, 8, 1, 1, 5),
    (1, 1, 1, 3, -1),
]


class Model(torch.nn.Module):
    """Notes the rows of each micro-batch that it is given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.batches = []

    def forward(self, row, labels=None):
        self.batches.append(row.tolist())
        return {"loss": (self.weight * row.float()).sum()}


class Steps(TrainerCallback):
    def __init__(self, model):
        self.model, self.steps = model, []

    def on_step_end(self, args, state, control, **kwargs):
        self.steps.append(self.model.batches[:])
        self.model.batches.clear()


class FileOrderTrainer(Trainer):
    def _get_train_sampler(self, *args, **kwargs):
        return SequentialSampler(self.train_dataset)


def run(rows, batch, accumulation, epochs, max_steps):
    model = Model()
    steps = Steps(model)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation,
            num_train_epochs=epochs, max_steps=max_steps, use_cpu=True, report_to=[], save_strategy="no",
            logging_strategy="no", disable_tqdm=True, dataloader_drop_last=False,
        )  # fmt: skip
        dataset = [{"row": i, "labels": 0} for i in range(rows)]
        trainer = FileOrderTrainer(model=model, args=arguments, train_dataset=dataset, callbacks=[steps])
        trainer.train()
    return dict(
        rows=rows, batch=batch, accumulation=accumulation, epochs=epochs, max_steps=max_steps,
        total_steps=trainer.state.global_step, steps=steps.steps,
    )  # fmt: skip


results = [run(*case) for case in CASES]
text = "[\n" + ",\n".join(json.dumps(result) for result in results) + "\n]\n"
if "--check" in sys.argv:
    sys.exit(0 if open(EXPECTED).read() == text else "expected.json differs")
open(EXPECTED, "w").write(text)
