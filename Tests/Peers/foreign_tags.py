"""Whether `yoso predict` finds the entities that transformers' pipeline finds, by a classifier of words that transformers wrote.

    python Tests/Peers/foreign_tags.py --yoso .build/release/yoso --vocabulary bert-base-cased-vocab.txt

The model is random, its labels in no order of ours, with a token of its own; words take the tag of their first piece
(aggregation_strategy="first"), and a text has more than 128 tokens.
Exits with 1 where a type, a place or a probability (to 1e-5) differs, or where there are too few to tell.
"""
import argparse, json, pathlib, subprocess, sys, tempfile
import torch
from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast, pipeline

parser = argparse.ArgumentParser()
parser.add_argument("--yoso", default=".build/release/yoso")
parser.add_argument("--vocabulary", required=True)
arguments = parser.parse_args()
torch.manual_seed(1)
tokenizer = BertTokenizerFast(arguments.vocabulary, do_lower_case=False)
tokenizer.add_special_tokens({"additional_special_tokens": ["[E1]"]})
labels = ["B-PER", "O", "I-PER", "B-LOC", "I-LOC"]
model = BertForTokenClassification(BertConfig(
    vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
    initializer_range=0.5, id2label=dict(enumerate(labels)), label2id={name: id for id, name in enumerate(labels)})).eval()
with torch.no_grad():
    model.classifier.bias[labels.index("O")] -= 4  # Or nearly every word is of nothing.
lines = ["Anna-Maria O'Neil went to San José, today (at 5pm).", "U.S. President — Tom Berg!", "東京 is big", "über Nacht",
         "Anna [E1] saw Berg[E1]", "Alice went to Paris. " * 40]
with tempfile.TemporaryDirectory() as folder:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = pathlib.Path(folder, "lines")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    output = subprocess.run(
        [arguments.yoso, "predict", "--checkpoint", folder, "--input", path], check=True, capture_output=True, text=True)
theirs = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")(lines)
different = found = 0
for line, answer, entities in zip(lines, map(json.loads, output.stdout.splitlines()), theirs, strict=True):
    ours = [(e["type"], e["start"], e["end"]) for e in answer["entities"]]
    wanted = [(e["entity_group"], *(len(line[:e[end]].encode()) for end in ("start", "end"))) for e in entities]
    distance = max((abs(a["probability"] - float(b["score"])) for a, b in zip(answer["entities"], entities)), default=0)
    found += len(ours)
    different += ours != wanted or distance > 1e-5
    print(f"{len(ours)} entities, {'the same' if ours == wanted else wanted}, probabilities within {distance:.1g}: {line[:60]}")
sys.exit(different > 0 or found < 10)
