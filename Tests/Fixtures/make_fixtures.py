"""Makes the fixtures that the Swift tests compare with, by PyTorch and transformers on the CPU.

    python Tests/Fixtures/make_fixtures.py        (torch 2.13.0+cpu, transformers 5.23, safetensors)

Every model is tiny and random, with weights large enough that mistakes show and dropout off. Sequences of unequal
length run one at a time, so that no result rests on padding; per-token outputs are stored packed behind one another.
"""
import json
import math
import pathlib

import torch
import transformers
from safetensors.torch import save_file
from transformers import (BertConfig, BertForPreTraining, BertForSequenceClassification, RobertaPreLayerNormConfig,
                          RobertaPreLayerNormModel, YosoConfig, YosoForMaskedLM)

HERE = pathlib.Path(__file__).parent
LENGTHS = [5, 17, 3, 30]
SHAPE = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
             max_position_embeddings=40, type_vocab_size=2, layer_norm_eps=1e-12, hidden_dropout_prob=0.0,
             attention_probs_dropout_prob=0.0, pad_token_id=0, hidden_act="gelu")


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if "LayerNorm.weight" in name:
            parameter.data = 1 + 0.1 * noise
        elif name.endswith("bias"):
            parameter.data = 0.1 * noise
        else:
            parameter.data = 0.2 * noise
    return model


def inputs(seed):
    generator = torch.Generator().manual_seed(seed)
    sequences = []
    for index, length in enumerate(LENGTHS):
        ids = torch.randint(5, 96, (length,), generator=generator)
        segments = (torch.arange(length) >= length // 2).long()
        masked = torch.tensor([1, 2] if length < 10 else [0, 3, 4, length - 1])
        labels = torch.randint(5, 96, (len(masked),), generator=generator)
        sequences.append(dict(ids=ids, segments=segments, masked=masked, labels=labels, order=index % 2))
    return sequences


def packed_inputs(sequences):
    starts = [sum(LENGTHS[:i]) for i in range(len(LENGTHS))]
    return {
        "ids": torch.cat([s["ids"] for s in sequences]).int(),
        "segments": torch.cat([s["segments"] for s in sequences]).int(),
        "lengths": torch.tensor(LENGTHS).int(),
        "masked_rows": torch.cat([s["masked"] + start for s, start in zip(sequences, starts)]).int(),
        "masked_labels": torch.cat([s["labels"] for s in sequences]).int(),
        # 0: the segments are in order, 1: swapped.
        "order_labels": torch.tensor([s["order"] for s in sequences]).int(),
    }


def forward(model, sequence):
    return model(input_ids=sequence["ids"][None], token_type_ids=sequence["segments"][None], output_hidden_states=True)


def hidden_states(outputs):
    return {f"hidden.{layer}": torch.cat([o.hidden_states[layer][0] for o in outputs])
            for layer in range(len(outputs[0].hidden_states))}


def masked_loss(logits, sequences):
    total = sum(torch.nn.functional.cross_entropy(l, s["labels"], reduction="sum") for l, s in zip(logits, sequences))
    return total / sum(len(s["labels"]) for s in sequences)


def gradients(model):
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


def save(folder, name, tensors):
    (HERE / folder).mkdir(exist_ok=True)
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, HERE / folder / name,
              metadata={"torch": torch.__version__, "transformers": transformers.__version__})


def save_json(folder, name, value):
    (HERE / folder / name).write_text(json.dumps(value, indent=1) + "\n")


def pretraining_loss(model, sequences):
    outputs = [forward(model, s) for s in sequences]
    logits = [o.prediction_logits[0][s["masked"]] for o, s in zip(outputs, sequences)]
    order = torch.cat([o.seq_relationship_logits for o in outputs])
    masked = masked_loss(logits, sequences)
    ordered = torch.nn.functional.cross_entropy(order, torch.tensor([s["order"] for s in sequences]))
    return masked, ordered, outputs, logits, order


def bert_pretraining():
    model = randomize(BertForPreTraining(BertConfig(**SHAPE)), 1)
    model.save_pretrained(HERE / "bert_pretraining")
    sequences = inputs(2)
    masked, ordered, outputs, logits, order = pretraining_loss(model, sequences)
    (masked + ordered).backward()
    save("bert_pretraining", "io.safetensors", {
        **packed_inputs(sequences), **hidden_states(outputs), "masked_logits": torch.cat(logits), "order_logits": order})
    save("bert_pretraining", "gradients.safetensors", gradients(model))
    save_json("bert_pretraining", "expected.json", {"masked_loss": masked.item(), "order_loss": ordered.item()})


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, with the identity for phi. As in the authors' program, what does not decay has no trust
    ratio, nor has what is zero."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for x in group["params"]:
                state, g = self.state[x], x.grad
                if not state:
                    state.update(t=0, m=torch.zeros_like(x), v=torch.zeros_like(x))
                state["t"] += 1
                (b1, b2), t = group["betas"], state["t"]
                state["m"] = b1 * state["m"] + (1 - b1) * g
                state["v"] = b2 * state["v"] + (1 - b2) * g**2
                r = (state["m"] / (1 - b1**t)) / ((state["v"] / (1 - b2**t)).sqrt() + group["eps"])
                u = r + group["weight_decay"] * x
                adapts = group["weight_decay"] > 0 and x.norm() > 0 and u.norm() > 0
                x -= group["lr"] * (x.norm() / u.norm() if adapts else 1) * u


def ten_steps(folder, make, rate, **options):
    """Ten steps on the batch of bert_pretraining: warm-up over 4 steps, linear decay to zero, clipping at 1."""
    model = randomize(BertForPreTraining(BertConfig(**SHAPE)), 1)
    sequences = inputs(2)
    matrices = [p for n, p in model.named_parameters() if p.dim() > 1]
    vectors = [p for n, p in model.named_parameters() if p.dim() == 1]
    optimizer = make([{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}], **options)
    steps, total, warmup = [], 10, 4
    for step in range(total):
        factor = (step + 1) / warmup if step < warmup else (total - step) / (total - warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
        masked, ordered, *_ = pretraining_loss(model, sequences)
        optimizer.zero_grad()
        (masked + ordered).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        steps.append({"loss": (masked + ordered).item(), "norm": norm.item(), "factor": factor})
    save(folder, "final.safetensors", dict(model.named_parameters()))
    save_json(folder, "steps.json", steps)


def adamw():
    ten_steps("adamw", torch.optim.AdamW, 1e-3, lr=1e-3, betas=(0.9, 0.999), eps=1e-6)


def lamb():
    ten_steps("lamb", Lamb, 5e-3, defaults=dict(lr=5e-3, betas=(0.9, 0.999), eps=1e-6))


def bert_classification():
    model = randomize(BertForSequenceClassification(BertConfig(**SHAPE, num_labels=2)), 3)
    model.save_pretrained(HERE / "bert_classification")
    sequences = inputs(4)
    outputs = [forward(model, s) for s in sequences]
    logits = torch.cat([o.logits for o in outputs])
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([s["order"] for s in sequences]))
    loss.backward()
    save("bert_classification", "io.safetensors", {**packed_inputs(sequences), **hidden_states(outputs), "logits": logits})
    save("bert_classification", "gradients.safetensors", gradients(model))
    save_json("bert_classification", "expected.json", {"loss": loss.item()})


def prenorm_classification(name="prenorm_classification", embedding_norm=True):
    """RoBERTa-PreLayerNorm's encoder, its pooler on the mean of the hidden states of a sequence, and a classifier; by our
    names."""
    encoder = RobertaPreLayerNormModel(RobertaPreLayerNormConfig(**SHAPE))
    if not embedding_norm:
        encoder.embeddings.LayerNorm = torch.nn.Identity()
    # Theirs begin behind the padding's; row 0 then has no gradient.
    encoder.embeddings.position_embeddings.padding_idx = None
    encoder.embeddings.word_embeddings.padding_idx = None
    model = randomize(torch.nn.ModuleDict({"bert": encoder, "classifier": torch.nn.Linear(32, 2)}), 8)
    sequences = inputs(9)
    logits = []
    for s in sequences:
        hidden = encoder(input_ids=s["ids"][None], token_type_ids=s["segments"][None],
                         position_ids=torch.arange(len(s["ids"]))[None]).last_hidden_state
        logits.append(model["classifier"](torch.tanh(encoder.pooler.dense(hidden.mean(1)))))
    logits = torch.cat(logits)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([s["order"] for s in sequences]))
    loss.backward()
    save(name, "model.safetensors", dict(model.named_parameters()))
    save(name, "io.safetensors", {**packed_inputs(sequences), "logits": logits})
    save(name, "gradients.safetensors", gradients(model))
    save_json(name, "expected.json", {"loss": loss.item()})


def bare_embeddings():
    """The same without a norm behind the embeddings, as published programs for the Long Range Arena have it."""
    prenorm_classification("bare_embeddings", embedding_norm=False)


def yoso_masked():
    """transformers' YosoForMaskedLM by expectation. It l2-normalises q and k itself and attends to padding, so its
    sequences run unpadded; its backward is a function of its own, the lower bound."""
    config = YosoConfig(**SHAPE, use_expectation=True, hash_code_len=9, bos_token_id=2, eos_token_id=3)
    model = randomize(YosoForMaskedLM(config), 5)
    model.save_pretrained(HERE / "yoso_masked")
    sequences = inputs(6)
    outputs = [forward(model, s) for s in sequences]
    logits = [o.logits[0][s["masked"]] for o, s in zip(outputs, sequences)]
    save("yoso_masked", "io.safetensors", {
        **packed_inputs(sequences), **hidden_states(outputs), "masked_logits": torch.cat(logits)})
    save_json("yoso_masked", "expected.json", {"masked_loss": masked_loss(logits, sequences).item()})


class LowerBoundPower(torch.autograd.Function):
    """(1 - arccos x / pi)^tau with dE/dx = (tau / 2) E."""

    @staticmethod
    def forward(ctx, x, tau):
        value = (1 - torch.arccos(x) / math.pi) ** tau
        ctx.save_for_backward(value)
        ctx.tau = tau
        return value

    @staticmethod
    def backward(ctx, d):
        (value,) = ctx.saved_tensors
        return d * ctx.tau / 2 * value, None


def yoso_attention():
    """One head by Zeng et al. 2021, section 3, in float64: outputs and gradients of sum(Y * R), exact and lower bound."""
    generator = torch.Generator().manual_seed(7)
    q, k, v, r = (torch.randn(24, 16, generator=generator, dtype=torch.float64) for _ in range(4))
    tensors = {"query": q, "key": k, "value": v, "weights": r}
    for form in ("exact", "lowerBound"):
        leaves = [x.clone().requires_grad_() for x in (q, k, v)]
        unit = [torch.nn.functional.normalize(x, dim=-1, eps=1e-12) for x in leaves[:2]]
        dots = (unit[0] @ unit[1].T).clamp(-1 + 1e-6, 1 - 1e-6)
        weights = (1 - torch.arccos(dots) / math.pi) ** 9 if form == "exact" else LowerBoundPower.apply(dots, 9)
        output = torch.nn.functional.normalize(weights @ leaves[2], dim=-1, eps=1e-12)
        (output * r).sum().backward()
        tensors["output"] = output
        for name, leaf in zip(("query", "key", "value"), leaves):
            tensors[f"{form}.{name}"] = leaf.grad
    save("yoso_attention", "io.safetensors", {name: tensor.float() for name, tensor in tensors.items()})


if __name__ == "__main__":
    for make in (bert_pretraining, adamw, lamb, bert_classification, prenorm_classification, bare_embeddings,
                 yoso_masked, yoso_attention):
        make()
