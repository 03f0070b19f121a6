"""Steps of masked-language pretraining in PyTorch, for `yoso bench train --against Tests/Peers`: transformers' BertForMaskedLM
with scaled_dot_product_attention and fused AdamW, clipping at 1, random tokens of which 15% are masked, bf16 by autocast.

    pip install torch==2.13.0+cpu transformers --extra-index-url https://download.pytorch.org/whl/cpu
    python torch_pretrain.py --layers 12 --hidden 768 --batch 8 --length 128 --precision bf16 [--compile] [--logits all]

Logits are computed at the masked positions, as yoso does; `--logits all` computes them everywhere, as the model does when it is
given labels, which is most of a small model's step. Prints a JSON line: medians of the steps after two of warm-up.
"""
import argparse, json, resource, statistics, time
import torch
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForMaskedLM

p = argparse.ArgumentParser()
p.add_argument("--layers", type=int, default=4), p.add_argument("--hidden", type=int, default=256)
p.add_argument("--vocab", type=int, default=30522), p.add_argument("--batch", type=int, default=32)
p.add_argument("--length", type=int, default=128), p.add_argument("--steps", type=int, default=8)
p.add_argument("--threads", type=int, default=2), p.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
p.add_argument("--compile", action="store_true"), p.add_argument("--logits", choices=["masked", "all"], default="masked")
a = p.parse_args()

torch.set_num_threads(a.threads)
torch.manual_seed(1)
model = BertForMaskedLM(BertConfig(
    vocab_size=a.vocab, hidden_size=a.hidden, num_hidden_layers=a.layers, num_attention_heads=a.hidden // 64,
    intermediate_size=4 * a.hidden, max_position_embeddings=max(512, a.length), attn_implementation="sdpa")).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
ids = torch.randint(5, a.vocab, (a.batch, a.length))
count = a.batch * a.length
masked = torch.randperm(count)[: round(0.15 * count)] if a.logits == "masked" else torch.arange(count)


def loss_of(ids, masked):
    hidden = model.bert(input_ids=ids).last_hidden_state.flatten(0, 1)
    return cross_entropy(model.cls(hidden[masked]), ids.flatten()[masked])


if a.compile: loss_of = torch.compile(loss_of)
seconds = []
for _ in range(a.steps):
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
        loss = loss_of(ids, masked)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    optimizer.zero_grad()
    seconds.append(time.perf_counter() - start)
step = statistics.median(seconds[2:])
print(json.dumps({"tokens_per_second": round(count / step, 1), "seconds_per_step": round(step, 4),
                  "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, **vars(a)}))
