"""Sentences a second that a fine-tuned checkpoint predicts: yoso, PyTorch and ONNX Runtime, in turns.

    python predict_beside.py --yoso .build/release/yoso --checkpoint Checkpoints/sst2/best --rows glue/SST-2/dev.tsv
        [--rounds 3] [--threads 2] [--batch 64]

The first column of the rows, below their header, is what is predicted. PyTorch and ONNX Runtime get it tokenized, sorted by
length and padded to the longest of a batch; only their passes are timed. `yoso predict` tokenizes and writes besides; nine
copies of the sentences less one copy are timed, so that its start does not count. Wants onnx and onnxruntime. Prints the median
of every program and its range, and how many labels are those of PyTorch in fp32.
"""
import argparse, json, os, statistics, subprocess, tempfile, time

p = argparse.ArgumentParser()
p.add_argument("--yoso", required=True), p.add_argument("--checkpoint", required=True), p.add_argument("--rows", required=True)
p.add_argument("--rounds", type=int, default=3), p.add_argument("--threads", type=int, default=2), p.add_argument("--batch", type=int, default=64)
a = p.parse_args()
import onnxruntime, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

torch.set_num_threads(a.threads)
# The environment may pin OpenBLAS to kernels of another CPU.
environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
with open(a.rows, encoding="utf-8-sig", newline="\n") as file:
    sentences = [line.split("\t")[0].strip() for line in file.read().split("\n")[1:] if line]
tokenizer = AutoTokenizer.from_pretrained(a.checkpoint)
order = sorted(range(len(sentences)), key=lambda i: len(tokenizer(sentences[i])["input_ids"]))
batches = [tokenizer([sentences[i] for i in order[first : first + a.batch]], truncation=True, max_length=128, padding=True,
                     return_tensors="pt") for first in range(0, len(order), a.batch)]
models = {"fp32": AutoModelForSequenceClassification.from_pretrained(a.checkpoint).eval(),
          "bf16": AutoModelForSequenceClassification.from_pretrained(a.checkpoint, dtype=torch.bfloat16).eval()}
labels = models["fp32"].config.id2label


def torch_pass(model):
    with torch.inference_mode(): return [row for batch in batches for row in model(**batch).logits.argmax(-1).tolist()]


def autocast_pass(model):
    with torch.autocast("cpu", dtype=torch.bfloat16): return torch_pass(model)


def onnx_pass(session):
    inputs = [{name: batch[name].numpy() for name in (i.name for i in session.get_inputs())} for batch in batches]
    return [row for x in inputs for row in session.run(None, x)[0].argmax(-1).tolist()]


def onnx_session():
    path = tempfile.mkdtemp() + "/model.onnx"
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(models["fp32"], tuple(batches[0][name] for name in names), path, input_names=names, output_names=["logits"],
                      dynamic_axes={name: {0: "batch", 1: "length"} for name in names} | {"logits": {0: "batch"}}, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def timed(work):
    start = time.perf_counter()
    out = work()
    return time.perf_counter() - start, out


def yoso(precision, copies):
    text = "".join(s + "\n" for _ in range(copies) for s in sentences)
    seconds, out = timed(lambda: subprocess.run(
        [a.yoso, "predict", "--checkpoint", a.checkpoint, "--precision", precision, "--threads", str(a.threads), "--batch", "1024"],
        input=text, text=True, stdout=subprocess.PIPE, check=True, env=environment).stdout)
    return seconds, [json.loads(line)["label"] for line in out.splitlines()]


def yoso_pass(precision):
    start, _ = yoso(precision, 1)
    whole, predicted = yoso(precision, 9)
    return (whole - start) / 8, [predicted[i] for i in order]


def named(result): return result[0], [labels[i] for i in result[1]]


session = onnx_session()
programs = {
    "yoso fp32": lambda: yoso_pass("fp32"), "yoso bf16": lambda: yoso_pass("bf16"),
    "PyTorch fp32": lambda: named(timed(lambda: torch_pass(models["fp32"]))),
    "PyTorch bf16": lambda: named(timed(lambda: torch_pass(models["bf16"]))),
    "PyTorch autocast": lambda: named(timed(lambda: autocast_pass(models["fp32"]))),
    "ONNX Runtime fp32": lambda: named(timed(lambda: onnx_pass(session)))}
for name in list(programs)[2:]: programs[name]()
speeds, predicted = {name: [] for name in programs}, {}
for _ in range(a.rounds):
    for name, program in programs.items():
        seconds, predicted[name] = program()
        speeds[name].append(len(sentences) / seconds)
print("| program | sentences/s, median (range) | labels as PyTorch fp32 |\n|---|---|---|")
for name, values in speeds.items():
    same = sum(x == y for x, y in zip(predicted[name], predicted["PyTorch fp32"]))
    print(f"| {name} | {statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f}) | {same} of {len(sentences)} |")
