"""Writes LoRA adapters of random weights for the Qwen2 of write-tiny-model.py: a folder for each seed, in the folder given."""

import json
import os
import sys

import torch
from safetensors.torch import save_file

RANK = 4
HIDDEN, FEED_FORWARD, LAYERS = 256, 512, 4

for seed in (1, 2):
    folder = os.path.join(sys.argv[1], f"adapter-{seed}")
    os.makedirs(folder)
    torch.manual_seed(seed)
    tensors = {}
    for layer in range(LAYERS):
        for name, width in (("self_attn.o_proj", HIDDEN), ("mlp.down_proj", FEED_FORWARD)):
            at = f"base_model.model.model.layers.{layer}.{name}"
            tensors[f"{at}.lora_A.weight"] = torch.randn(RANK, width) / width**0.5
            tensors[f"{at}.lora_B.weight"] = torch.randn(HIDDEN, RANK)
    save_file(tensors, os.path.join(folder, "adapter_model.safetensors"))
    with open(os.path.join(folder, "adapter_config.json"), "w") as file:
        json.dump(
            {
                "peft_type": "LORA",
                "task_type": "CAUSAL_LM",
                "base_model_name_or_path": "tiny",
                "r": RANK,
                "lora_alpha": RANK,
                "lora_dropout": 0.0,
                "bias": "none",
                "target_modules": ["o_proj", "down_proj"],
            },
            file,
        )
