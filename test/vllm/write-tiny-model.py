"""Writes a Qwen2 of random weights (4.9 MB of bf16 safetensors, byte-level BPE, a chat template) into the folder given."""

import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

folder = sys.argv[1]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
vocabulary = {token: number for number, token in enumerate(SPECIAL + alphabet)}
bytewise = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bytewise.decoder = decoders.ByteLevel()
bytewise.add_special_tokens(SPECIAL)
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=bytewise,
    bos_token="<|endoftext|>",
    eos_token="<|im_end|>",
    pad_token="<|endoftext|>",
)
tokenizer.chat_template = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

torch.manual_seed(7)
model = Qwen2ForCausalLM(
    Qwen2Config(
        vocab_size=512,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=2,
    )
)
model.to(torch.bfloat16).save_pretrained(folder, safe_serialization=True)
tokenizer.save_pretrained(folder)
