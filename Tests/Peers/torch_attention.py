"""Times PyTorch's attention on the CPU, for `yoso bench attention --against`: scaled_dot_product_attention in fp32 and bf16, and
transformers' YosoSelfAttention with use_expectation, which is what of it runs without CUDA.

    pip install "torch==2.13.0+cpu" transformers     (in a virtual environment outside the repository)
    python torch_attention.py --length 512 --width 64 --heads 2 --threads 2

Prints one JSON line: milliseconds a head, forward and forward with backward, by name; medians of several.
"""
import argparse, json, statistics, time
import torch
from torch.nn.functional import scaled_dot_product_attention

p = argparse.ArgumentParser()
p.add_argument("--length", type=int, required=True)
p.add_argument("--width", type=int, default=64)
p.add_argument("--heads", type=int, default=2)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--repeats", type=int, default=3)
p.add_argument("--without", nargs="*", default=[], help="names that are left out")
a = p.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(0)


def timed(forward, leaves):
    forward().sum().backward()
    times = {"forward": [], "both": []}
    for _ in range(a.repeats):
        start = time.perf_counter()
        y = forward()
        middle = time.perf_counter()
        y.sum().backward()
        end = time.perf_counter()
        times["forward"].append(1e3 * (middle - start) / a.heads)
        times["both"].append(1e3 * (end - start) / a.heads)
        for leaf in leaves:
            leaf.grad = None
    return {name: statistics.median(values) for name, values in times.items()}


results = {}
for name, dtype in (("PyTorch SDPA fp32", torch.float32), ("PyTorch SDPA bf16", torch.bfloat16)):
    if name in a.without:
        continue
    q, k, v = (torch.randn(1, a.heads, a.length, a.width, dtype=dtype, requires_grad=True) for _ in range(3))
    results[name] = timed(lambda: scaled_dot_product_attention(q, k, v), (q, k, v))
if a.length <= 4096 and "transformers YOSO-E" not in a.without:
    from transformers import YosoConfig
    from transformers.models.yoso.modeling_yoso import YosoSelfAttention
    layer = YosoSelfAttention(YosoConfig(hidden_size=a.heads * a.width, num_attention_heads=a.heads, use_expectation=True,
                                         attention_probs_dropout_prob=0.0))
    x = torch.randn(1, a.length, a.heads * a.width, requires_grad=True)
    mask = torch.zeros(1, 1, 1, a.length)
    # Its projections are timed with it: two small products.
    results["transformers YOSO-E"] = timed(lambda: layer(x, mask)[0], (x,))
print(json.dumps(results))
