"""Seconds of a dense layer's product in PyTorch (oneDNN), for yoso bench gemm: ROWS OUTPUTS INPUTS FORM THREADS.

As many products as threads, one after another on all threads; bf16 operands are bf16 before, so nothing is converted.
"""
import json, statistics, sys, time
import torch

rows, outputs, inputs, form, threads = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
torch.set_num_threads(threads)
result = {}
for name, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
    x, y, w = (torch.rand(shape).sub(0.5).to(kind) for shape in ((rows, inputs), (rows, outputs), (outputs, inputs)))
    product = {"forward": lambda: x @ w.T, "inputGradient": lambda: y @ w, "weightGradient": lambda: y.T @ x}[form]
    times = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(threads): product()
        times.append(time.perf_counter() - start)
    result[name] = statistics.median(times[2:])
print(json.dumps(result))
