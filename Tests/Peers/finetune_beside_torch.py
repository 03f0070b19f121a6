"""Fine-tunes one checkpoint here and in PyTorch, in turns, and prints both scores and times in one table.

    python finetune_beside_torch.py --yoso .build/release/yoso --checkpoint FOLDER --data glue/ [--tasks RTE MRPC]
        [--seeds 1 2 3] [--epochs 3] [--limit 10000] [--threads 2] [--precision bf16] --output FOLDER

Both on N threads, batch 32, linear schedule with 10% warm-up, AdamW with decay 0.01, clipping at 1, dropout as the checkpoint has it. The peer,
torch_finetune.py beside this file or another, is called with `--checkpoint --data --task --epochs --rate --batch --seed --limit
--precision --threads` and prints a JSON line with `scores`, the metric after each epoch, and `seconds_per_epoch`. The score is that after the last epoch: Matthews, accuracy, F1,
Pearson, accuracy. FOLDER/results.jsonl keeps every finished pair; the same command goes on after them.
"""
import argparse, json, os, pathlib, shutil, statistics, subprocess, sys

SCORES = {"CoLA": "matthews", "SST-2": "accuracy", "MRPC": "f1", "STS-B": "pearson", "RTE": "accuracy"}
p = argparse.ArgumentParser()
p.add_argument("--yoso", required=True)
p.add_argument("--peer", default=str(pathlib.Path(__file__).with_name("torch_finetune.py")))
p.add_argument("--checkpoint", required=True), p.add_argument("--data", required=True), p.add_argument("--output", required=True)
p.add_argument("--tasks", nargs="+", default=list(SCORES), choices=list(SCORES)), p.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
p.add_argument("--epochs", type=int, default=3), p.add_argument("--rate", default="5e-5"), p.add_argument("--limit", type=int, default=0)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="of the peer")
p.add_argument("--yoso-precision", choices=["fp32", "bf16"], default="fp32")
a = p.parse_args()
output = pathlib.Path(a.output)
output.mkdir(parents=True, exist_ok=True)
# The environment may pin OpenBLAS to kernels of another CPU.
environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}


def data(task):
    """The folder of the task's files, with the first rows only where there is a limit."""
    if not a.limit: return a.data
    folder = output / "data" / task
    if not folder.exists():
        shutil.copytree(pathlib.Path(a.data) / task, folder)
        lines = (folder / "train.tsv").read_bytes().split(b"\n")
        (folder / "train.tsv").write_bytes(b"\n".join(lines[: a.limit + (task != "CoLA")]) + b"\n")
    return str(output / "data")


def ours(task, seed):
    run = output / f"{task}-{seed}"
    shutil.rmtree(run, ignore_errors=True)
    recipe = {"batch": "32 sequences", "epochs": a.epochs, "optimizer.rate": a.rate, "optimizer.epsilon": 1e-8, "optimizer.decay": 0.01,
              "optimizer.clip": 1, "schedule.warmup": "10%", "length": 128, "seed": seed, "patience": 0,
              "precision": a.yoso_precision, "threads": a.threads}
    subprocess.run([a.yoso, "finetune", "--task", task.lower().replace("-", ""), "--checkpoint", a.checkpoint, "--data", data(task),
                    "--output", run, *(x for k, v in recipe.items() for x in ("--set", f"{k}={v}"))],
                   check=True, env=environment, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in open(run / "metrics.jsonl")]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    # The clock runs through evaluations; between an epoch's first step and its last there is none.
    steps = [[line["seconds"] for line in lines if line["kind"] == "step" and line["epoch"] == e["epoch"]] for e in epochs]
    shutil.rmtree(run)
    return {"scores": [e["evaluation"]["scores"][SCORES[task]] for e in epochs], "seconds": [s[-1] - s[0] for s in steps],
            "rows_per_second": epochs[-1]["evaluation"]["rows"] / (epochs[-1]["seconds"] - steps[-1][-1])}


def theirs(task, seed):
    line = subprocess.run([sys.executable, a.peer, "--checkpoint", a.checkpoint, "--data", a.data, "--task", task, "--epochs", str(a.epochs),
                           "--rate", a.rate, "--batch", "32", "--seed", str(seed), "--limit", str(a.limit), "--precision", a.precision,
                           "--threads", str(a.threads)],
                          check=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    result = json.loads(line.strip().splitlines()[-1])
    return {"scores": result["scores"], "seconds": result["seconds_per_epoch"], "rows_per_second": result["evaluation_examples_per_second"]}


log = output / "results.jsonl"
results = [json.loads(line) for line in open(log)] if log.exists() else []
for seed in a.seeds:
    for task in a.tasks:
        if any(r["task"] == task and r["seed"] == seed for r in results): continue
        results.append({"task": task, "seed": seed, "yoso": ours(task, seed), "torch": theirs(task, seed)})
        with open(log, "a") as file: file.write(json.dumps(results[-1]) + "\n")
        print(json.dumps(results[-1]), file=sys.stderr, flush=True)


def scores(side, rows):
    last = sorted(100 * r[side]["scores"][-1] for r in rows)
    return f"{statistics.median(last):.1f} ({last[0]:.1f} to {last[-1]:.1f})"


print(f"| task | yoso {a.yoso_precision}, median of {len(a.seeds)} seeds (range) | PyTorch {a.precision} | s an epoch | ratio | dev rows/s | ratio |")
print("|---|---|---|---|---|---|---|")
for task in a.tasks:
    rows = [r for r in results if r["task"] == task and r["seed"] in a.seeds]
    seconds = [statistics.median(s for r in rows for s in r[side]["seconds"]) for side in ("yoso", "torch")]
    speeds = [statistics.median(r[side]["rows_per_second"] for r in rows) for side in ("yoso", "torch")]
    print(f"| {task} | {scores('yoso', rows)} | {scores('torch', rows)} | {seconds[0]:.1f}, {seconds[1]:.1f} | {seconds[1] / seconds[0]:.1f} "
          f"| {speeds[0]:.0f}, {speeds[1]:.0f} | {speeds[0] / speeds[1]:.1f} |")
