"""Whether yoso predicts the labels of a classifier that transformers fine-tuned, for every dev row of SST-2.

    python foreign_head.py --yoso .build/release/yoso --checkpoint FOLDER --data glue/ --output FOLDER [--steps 60]

Fine-tunes the checkpoint for a few steps, saves it as transformers does, and lets `yoso predict` read the dev sentences. Prints
how many rows have the same label, the accuracy of both, and the largest difference of a probability.
"""
import argparse, csv, json, random, subprocess
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

p = argparse.ArgumentParser()
p.add_argument("--yoso", required=True), p.add_argument("--checkpoint", required=True), p.add_argument("--data", required=True)
p.add_argument("--output", required=True), p.add_argument("--steps", type=int, default=60)
a = p.parse_args()


def rows(split):
    with open(f"{a.data}/SST-2/{split}.tsv", encoding="utf-8", newline="\n") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


torch.manual_seed(1), random.seed(1)
train, dev = rows("train"), rows("dev")
tokenizer = AutoTokenizer.from_pretrained(a.checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(a.checkpoint, num_labels=2, id2label={0: "0", 1: "1"}, label2id={"0": 0, "1": 1})
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5)
for _ in range(a.steps):
    batch = random.sample(train, 32)
    inputs = tokenizer([text for text, _ in batch], truncation=True, max_length=128, padding=True, return_tensors="pt")
    model(**inputs, labels=torch.tensor([int(label) for _, label in batch])).loss.backward()
    optimizer.step(), optimizer.zero_grad()
model.eval().save_pretrained(a.output), tokenizer.save_pretrained(a.output)

output = subprocess.run([a.yoso, "predict", "--checkpoint", a.output], input="".join(text + "\n" for text, _ in dev), text=True,
                        check=True, stdout=subprocess.PIPE).stdout
ours = [json.loads(line) for line in output.splitlines()]
assert len(ours) == len(dev)
theirs = []
with torch.inference_mode():
    for i in range(0, len(dev), 32):
        inputs = tokenizer([text for text, _ in dev[i:i + 32]], truncation=True, max_length=128, padding=True, return_tensors="pt")
        theirs += model(**inputs).logits.softmax(-1)[:, 1].tolist()
same = sum(mine["label"] == str(int(p > 0.5)) for mine, p in zip(ours, theirs))
right = sum(mine["label"] == label for mine, (_, label) in zip(ours, dev))
theirs_right = sum(str(int(p > 0.5)) == label for p, (_, label) in zip(theirs, dev))
worst = max(abs(p - mine["probabilities"]["1"]) for mine, p in zip(ours, theirs))
print(f"{same} of {len(dev)} rows the same, accuracy {right / len(dev):.3f} here and {theirs_right / len(dev):.3f} there, "
      f"largest difference {worst:.2g}")
