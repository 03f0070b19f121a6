"""Whether transformers predicts the labels of a checkpoint that yoso fine-tuned, for every dev row.

    yoso finetune --task sst2 … --output Checkpoints/sst2
    python same_labels.py Checkpoints/sst2          (reads best/ and predictions.tsv there)

Prints how many rows have the same label, and the largest difference of a probability. A row whose probabilities are
within 1e-4 of one another may fall either way.
"""
import csv, sys
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

run = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(f"{run}/best")
model = AutoModelForSequenceClassification.from_pretrained(f"{run}/best").eval()
with open(f"{run}/predictions.tsv", encoding="utf-8", newline="\n") as file:
    header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
length = int(getattr(model.config, "yoso", {}).get("length", 128))
labels = [name[2:-1] for name in header if name.startswith("p(")]
same, worst = 0, 0.0
with torch.inference_mode():
    for row in rows:
        texts = row[4 + len(labels):]
        encoded = tokenizer(*texts, truncation=True, max_length=length, return_tensors="pt")
        logits = model(**encoded).logits[0]
        if labels:
            p = dict(zip(labels, logits.softmax(-1).tolist()))
            best = sorted(p.values())[-2:]
            same += max(p, key=p.get) == row[3] or best[1] - best[0] < 1e-4
            worst = max(worst, max(abs(p[name] - float(x)) for name, x in zip(labels, row[4:])))
        else:
            worst = max(worst, abs(logits.item() - float(row[3])))
            same += abs(logits.item() - float(row[3])) < 1e-3
print(f"{same} of {len(rows)} rows the same, largest difference {worst:.2g}")
sys.exit(not (rows and same == len(rows) and worst <= 1e-3))
