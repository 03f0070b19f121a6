"""What PyTorch reaches on this GPU in the steps that yoso is compared with, each in the mode that was its fastest on an H100
(torch 2.11: eager, torch.compile, or CUDA graphs), and cuDNN's attention, forward and backward. Prints a JSON line each.

    python anchors.py [NAME…]     names begin with the words given; all without; LIMIT seconds in all (170), DEVICE=cpu tries it tiny

As torch_pretrain.py: transformers' BertForMaskedLM with scaled_dot_product_attention, logits at masked positions alone, bf16 by
autocast, fused AdamW, clipping at 1. Random tokens, no padding but in fine-tuning, whose rows are as long as SST-2's and padded to
32 tokens, so that every step is the same graph.
"""
import json, os, sys, time, traceback
BEGUN = time.time()
import torch
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification

LIMIT = float(os.environ.get("LIMIT", 170))
DEVICE = os.environ.get("DEVICE", "cuda")
GPU = DEVICE == "cuda"


def say(**values): print(json.dumps(values), flush=True)


def left(): return LIMIT - (time.time() - BEGUN)


def finish():
    if GPU: torch.cuda.synchronize()


def seconds(step, most=3.0):
    """The median of three rounds of a step, in `most` seconds or so."""
    for _ in range(3): step()
    finish()
    start = time.perf_counter()
    step(), finish()
    count = max(2, min(40, int(most / 3 / max(1e-6, time.perf_counter() - start))))
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(count): step()
        finish()
        rounds.append((time.perf_counter() - start) / count)
    return sorted(rounds)[1]


def fresh():
    torch.manual_seed(0)
    torch._dynamo.reset()
    if GPU: torch.cuda.empty_cache(), torch.cuda.reset_peak_memory_stats()


def peak(): return round(torch.cuda.max_memory_allocated() / 2**30, 2) if GPU else None


def bert(layers, width, heads, vocabulary, dropout, attention_dropout):
    return BertConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=4 * width, hidden_dropout_prob=dropout, attention_probs_dropout_prob=attention_dropout,
        max_position_embeddings=512, attn_implementation="sdpa")


def updates(model, rate, **options):
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, fused=True, **options)

    def update(loss):
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return optimizer, update


def pretrain(name, layers, width, heads, length, batch, mode, dropout=0.1, attention_dropout=0.1, share=0.15):
    fresh()
    vocabulary = 30528
    if not GPU: layers, batch, vocabulary = 1, 2, 512
    model = BertForMaskedLM(bert(layers, width, heads, vocabulary, dropout, attention_dropout)).to(DEVICE).train()
    optimizer, update = updates(model, 1e-4)
    ids = torch.randint(5, vocabulary, (batch, length), device=DEVICE)
    masked = torch.randperm(batch * length, device=DEVICE)[: int(share * batch * length)].sort().values
    labels = ids.view(-1)[masked].clone()

    def loss_of(ids, masked, labels):
        hidden = model.bert(ids).last_hidden_state.reshape(-1, width)[masked]
        return cross_entropy(model.cls(hidden).float(), labels)

    compiled = loss_of if mode == "eager" else torch.compile(loss_of, mode=None if mode == "compile" else mode)

    def step():
        with torch.autocast(DEVICE, torch.bfloat16): loss = compiled(ids, masked, labels)
        update(loss)
        optimizer.zero_grad(set_to_none=True)
    start = time.time()
    step(), finish()
    first, time_of_step = time.time() - start, seconds(step)
    say(what=name, mode=mode, dropout=dropout, attention_dropout=attention_dropout, share=share, batch=batch, length=length,
        ms=round(1e3 * time_of_step, 3), tokens_per_second=round(batch * length / time_of_step), peak_gb=peak(),
        first_step_seconds=round(first, 1))


def finetune(name, layers, width, heads, batch=32, length=32):
    """Rows of as many tokens as SST-2's words have on average, padded to 32; the whole step is one CUDA graph."""
    fresh()
    vocabulary = 30522 if GPU else 512
    config = bert(layers, width, heads, vocabulary, 0.1, 0.1)
    config.num_labels = 2
    model = BertForSequenceClassification(config).to(DEVICE).train()
    optimizer, update = updates(model, 5e-5, capturable=GPU)
    lengths = (2 + torch.poisson(torch.full((batch,), 9.4))).clamp(max=length).long()
    rows = torch.randint(5, vocabulary, (batch, length)), torch.randint(0, 2, (batch,))
    # Four dimensions pass through transformers as they are: anything else asks the GPU for a value, which a graph forbids.
    mask = (torch.arange(length) < lengths[:, None])[:, None, None, :].expand(batch, 1, length, length).contiguous()
    ids, labels, mask = rows[0].to(DEVICE), rows[1].to(DEVICE), mask.to(DEVICE)
    host = [t.pin_memory() if GPU else t for t in (rows[0], rows[1], mask.cpu())]

    def learn():
        with torch.autocast(DEVICE, torch.bfloat16, cache_enabled=False):
            logits = model(input_ids=ids, attention_mask=mask).logits
        update(cross_entropy(logits.float(), labels))

    def copy():
        for target, source in zip((ids, labels, mask), host): target.copy_(source, non_blocking=True)

    def eager():
        copy(), learn()
        optimizer.zero_grad(set_to_none=True)

    def report(mode, step):
        time_of_step = seconds(step)
        say(what=name, mode=mode, batch=batch, length=length, ms=round(1e3 * time_of_step, 3),
            rows_per_second=round(batch / time_of_step), peak_gb=peak())

    report("eager, fixed length", eager)
    if not GPU: return
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3): eager()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    optimizer.zero_grad(set_to_none=True)
    # Gradients of the first backward in the graph are made in it, and each replay writes them anew.
    with torch.cuda.graph(graph): learn()

    def replay():
        copy()
        graph.replay()
    report("CUDA graph, fixed length", replay)


def attention(name, length, heads):
    fresh()
    if not GPU: length, heads = 64, 2
    kind = torch.bfloat16
    q, k, v = (torch.randn(1, heads, length, 64, device=DEVICE, dtype=kind, requires_grad=True) for _ in range(3))
    gradient = torch.randn_like(q)

    def forward():
        with torch.no_grad(): scaled_dot_product_attention(q, k, v)

    def both(): torch.autograd.grad(scaled_dot_product_attention(q, k, v), (q, k, v), gradient)
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION if GPU else SDPBackend.MATH):
        times = seconds(forward, 1.0), seconds(both, 2.0)
    say(what=name, length=length, heads=heads, forward_ms=round(1e3 * times[0], 4), both_ms=round(1e3 * times[1], 4))


def product():
    n = 8192 if GPU else 64
    a, b = (torch.randn(n, n, device=DEVICE, dtype=torch.bfloat16) for _ in range(2))
    say(what="product 8192", tflops=round(2 * n**3 / seconds(lambda: a @ b, 1.0) / 1e12, 3))


# What takes little time first, since compiling takes half a minute each; graphs late, since a capture that fails harms what follows.
rows = [
    ("product", product, (), 5),
    ("attention 4096x96", attention, (4096, 96), 5),
    ("attention 16384x24", attention, (16384, 24), 5),
    ("attention 65536x16", attention, (65536, 16), 8),
    ("pretrain 12x768 T512", pretrain, (12, 768, 12, 512, 64, "eager", 0.1, 0.0), 10),
    ("pretrain 4x512 T512", pretrain, (4, 512, 8, 512, 64, "eager", 0.1, 0.0), 8),
    ("pretrain 4x256 mini", pretrain, (4, 256, 4, 64, 32, "reduce-overhead", 0.0, 0.0, 0.3), 30),
    ("pretrain 4x256 T128", pretrain, (4, 256, 4, 128, 256, "compile"), 30),
    ("finetune 6x384 b32", finetune, (6, 384, 12), 10),
    ("pretrain 12x768 T128", pretrain, (12, 768, 12, 128, 256, "compile", 0.1, 0.0), 50),
]
if __name__ == "__main__":
    say(what="start", torch=torch.__version__, device=torch.cuda.get_device_name() if GPU else "cpu",
        seconds=round(time.time() - BEGUN, 1))
    for name, measure, arguments, wanted in rows:
        if sys.argv[1:] and not any(name.startswith(word) for word in sys.argv[1:]): continue
        if left() < wanted:
            say(what=name, left_out=f"{left():.0f} s are left")
            continue
        start = time.time()
        try:
            measure(*(() if measure is product else (name,)), *arguments)
        except Exception as error:
            traceback.print_exc(limit=3)
            say(what=name, failed=str(error)[:300])
        print(f"# {name}: {time.time() - start:.1f} s", flush=True)
    say(what="end", seconds=round(time.time() - BEGUN, 1))
