#!/usr/bin/env python3
"""Writes decay.json: which parameters transformers' Trainer lets decay, by its own `get_decay_parameter_names`.

    pip install torch transformers peft safetensors
    python generate.py

For each checkpoint with an adapter under ../llava and ../clip: the PEFT keys of what trains, those that decay and those that
do not; a CLIP model's temperature trains too. The last case names modules that only the name patterns tell apart.
"""

import json
import os
import pathlib

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch
import transformers
from peft import PeftModel
from torch import nn
from transformers import AutoConfig, CLIPModel, LlavaForConditionalGeneration, Trainer

HERE = pathlib.Path(__file__).resolve().parent
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def key(name):
    return name.replace(".modules_to_save.default.", ".").replace(".default", "")


def split(model, prefix=""):
    decaying = set(Trainer.get_decay_parameter_names(None, model))
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    return {
        "decays": sorted(prefix + key(n) for n in trained if n in decaying),
        "stays": sorted(prefix + key(n) for n in trained if n not in decaying),
    }


def case(folder):
    kind = CLIPModel if AutoConfig.from_pretrained(folder).model_type == "clip" else LlavaForConditionalGeneration
    model = PeftModel.from_pretrained(kind.from_pretrained(folder, dtype=torch.float32), folder / "adapter", is_trainable=True)
    if kind is CLIPModel:
        model.base_model.model.logit_scale.requires_grad_(True)
    return split(model)


class Named(nn.Module):
    """A module of parameters with given names."""

    def __init__(self, names):
        super().__init__()
        for name in names:
            parent = self
            for part in name.split(".")[:-1]:
                if part not in parent._modules:
                    parent.add_module(part, nn.Module())
                parent = parent._modules[part]
            parent.register_parameter(name.split(".")[-1], nn.Parameter(torch.zeros(2)))


NAMES = [
    "mm.norm.weight", "norm.weight", "normal.weight", "my_norm.weight", "my_norms.weight", "q_norm.lora_A.weight", "x.Norm.w",
    "RMSNorm1.weight", "layer_norm1.weight", "renorm.weight", "unbiased.weight", "a.bias", "a.biases.w", "logit_scale",
    "embeddings.class_embedding", "gamma.weight", "a.norm", "a.q_norm", "lambda_norm.x",
]

cases = {
    f"{group}/{folder.name}": case(folder)
    for group in ["llava", "clip"]
    for folder in sorted((HERE.parent / group).iterdir())
    if (folder / "adapter").exists()
}
cases["names"] = split(Named(NAMES))
(HERE / "decay.json").write_text(json.dumps(cases, indent=0, sort_keys=True) + "\n")
