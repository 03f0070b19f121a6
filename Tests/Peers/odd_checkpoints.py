"""Writes checkpoints as people have them, with what transformers makes of them, for ForeignCheckpointTests: each folder by
YOSO_FOREIGN_MODEL=FOLDER swift test --filter ForeignCheckpoint.

    python odd_checkpoints.py VOCAB.txt SENTENCES.txt OUTPUT

gelu_new: GELU by tanh. old: LayerNorm.gamma and beta, and tensors that nobody reads. sharded: several files, links as in the
hub's cache, more embeddings than ids, a configuration of the sizes alone.
"""
import json
import pathlib
import subprocess
import sys
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizer

vocabulary, sentences, output = sys.argv[1:]
tokenizer = BertTokenizer.from_pretrained(str(pathlib.Path(vocabulary).parent)) if vocabulary.endswith("/vocab.txt") else BertTokenizer(
    {line.rstrip("\n"): index for index, line in enumerate(open(vocabulary, encoding="utf-8"))})
torch.manual_seed(1)


def make(name, shards=None, extra=0, **options):
    folder = pathlib.Path(output) / name
    model = BertModel(BertConfig(vocab_size=len(tokenizer) + extra, hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=128, **options)).eval()
    for parameter in model.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    model.save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    tokenizer.save_pretrained(folder)
    subprocess.run([sys.executable, pathlib.Path(__file__).parent / "hidden_states.py", folder, sentences], check=True)
    return folder


make("gelu_new", hidden_act="gelu_new")
old = make("old")
tensors = {key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
           for key, value in load_file(old / "model.safetensors").items()}
tensors |= {"embeddings.position_ids": torch.arange(512)[None], "spare.flags": torch.zeros(3, dtype=torch.bool),
            "spare.bytes": torch.zeros(5, dtype=torch.uint8)}
save_file(tensors, old / "model.safetensors")
sharded = make("sharded", shards="2MB", extra=6)
assert (sharded / "model.safetensors.index.json").exists()
config = json.loads((sharded / "config.json").read_text())
kept = ["model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"]
(sharded / "config.json").write_text(json.dumps({key: config[key] for key in kept}))
blobs = sharded / "blobs"
blobs.mkdir()
for file in sharded.glob("*.safetensors"):
    if not file.name.startswith("hidden"):
        file.rename(blobs / file.name)
        file.symlink_to(blobs / file.name)
