"""Fine-tunes a checkpoint of BERT's architecture on a task of GLUE in PyTorch, on the CPU: a plain loop over transformers' model.

    python torch_finetune.py --checkpoint FOLDER --data glue/ --task SST-2 [--epochs 3] [--rate 5e-5] [--batch 32] [--seed 1]
        [--warmup 0.1] [--decay 0.01] [--limit N] [--length 128] [--precision bf16] [--threads 2]

AdamW whose decay spares biases and norms, as transformers' Trainer, a linear schedule, clipping at 1, batches of rows of all lengths,
padded to their longest, the last of an epoch as short as it comes. Prints a JSON line: the metric after every epoch, seconds of
an epoch's steps, rows a second of its evaluation. Tasks: CoLA, SST-2, MRPC, STS-B, RTE, in the layouts of the official files.
"""
import argparse, csv, json, random, time
import numpy as np, torch
from scipy.stats import pearsonr
from sklearn.metrics import f1_score, matthews_corrcoef
from transformers import AutoModelForSequenceClassification, AutoTokenizer

COLUMNS = {  # whether there is a header, columns of texts and of the label, names of labels
    "CoLA": (False, [3], 1, ["0", "1"]), "SST-2": (True, [0], 1, ["0", "1"]), "MRPC": (True, [3, 4], 0, ["0", "1"]),
    "STS-B": (True, [7, 8], 9, None), "RTE": (True, [1, 2], 3, ["entailment", "not_entailment"])}
p = argparse.ArgumentParser()
p.add_argument("--checkpoint", required=True), p.add_argument("--data", required=True)
p.add_argument("--task", required=True, choices=list(COLUMNS)), p.add_argument("--epochs", type=int, default=3)
p.add_argument("--rate", type=float, default=5e-5), p.add_argument("--batch", type=int, default=32), p.add_argument("--seed", type=int, default=1)
p.add_argument("--warmup", type=float, default=0.1, help="share of the steps"), p.add_argument("--decay", type=float, default=0.01)
p.add_argument("--limit", type=int, default=0, help="the first rows only"), p.add_argument("--length", type=int, default=128)
p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32"), p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
header, texts, label, names = COLUMNS[a.task]


def rows(split):
    with open(f"{a.data}/{a.task}/{split}.tsv", encoding="utf-8-sig", newline="\n") as file:
        table = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1 if header else 0:]
    return [([r[c] for c in texts], names.index(r[label]) if names else float(r[label])) for r in table]


torch.set_num_threads(a.threads), torch.manual_seed(a.seed), random.seed(a.seed)
train, dev = rows("train"), rows("dev")
if a.limit: train = train[: a.limit]
tokenizer = AutoTokenizer.from_pretrained(a.checkpoint)
model = AutoModelForSequenceClassification.from_pretrained(a.checkpoint, num_labels=len(names) if names else 1)
spared = [x for name, x in model.named_parameters() if name.endswith(".bias") or "LayerNorm" in name]
others = [x for x in model.parameters() if not any(x is y for y in spared)]
optimizer = torch.optim.AdamW([{"params": others, "weight_decay": a.decay}, {"params": spared, "weight_decay": 0}], lr=a.rate, eps=1e-8, fused=True)
steps = a.epochs * -(-len(train) // a.batch)
warmup = round(a.warmup * steps)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: s / warmup if s < warmup else (steps - s) / (steps - warmup))
autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16")


def encode(batch):
    return tokenizer(*([r[0][i] for r in batch] for i in range(len(texts))), truncation=True, max_length=a.length, padding=True, return_tensors="pt")


def evaluate():
    model.eval()
    order = sorted(dev, key=lambda r: sum(map(len, r[0])))
    with torch.inference_mode(), autocast():
        logits = torch.cat([model(**encode(order[i:i + 64])).logits.float() for i in range(0, len(order), 64)]).numpy()
    gold = np.array([r[1] for r in order])
    if names is None: return float(pearsonr(logits[:, 0], gold)[0])
    guess = logits.argmax(-1)
    score = {"CoLA": matthews_corrcoef, "MRPC": f1_score}.get(a.task, lambda gold, guess: (gold == guess).mean())
    return float(score(gold, guess))


scores, seconds = [], []
for epoch in range(a.epochs):
    model.train(), random.shuffle(train)
    start = time.perf_counter()
    for i in range(0, len(train), a.batch):
        batch = train[i:i + a.batch]
        labels = torch.tensor([r[1] for r in batch], dtype=torch.long if names else torch.float)
        with autocast(): loss = model(**encode(batch), labels=labels).loss
        loss.backward(), torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step(), schedule.step(), optimizer.zero_grad()
    seconds.append(round(time.perf_counter() - start, 1))
    start = time.perf_counter()
    scores.append(evaluate())
    evaluation = time.perf_counter() - start
print(json.dumps({"peer": f"torch {torch.__version__}", "task": a.task, "seed": a.seed, "scores": scores, "seconds_per_epoch": seconds,
                  "evaluation_examples_per_second": round(len(dev) / evaluation, 1)}))
