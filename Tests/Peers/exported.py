"""Whether a folder that `yoso export` wrote is what the hub and transformers take it for: the card, the tokenizer, and the numbers.

    yoso export Checkpoints/mini --output mini-bf16 --precision bf16
    python Tests/Peers/exported.py Checkpoints/mini/best mini-bf16

Weights are the checkpoint's as PyTorch rounds them, bit by bit; the logits of transformers' model of the folder are those of the
checkpoint with such weights, to the bit.
"""
import sys
import torch
import transformers
from huggingface_hub import ModelCard
from safetensors.torch import load_file

source, folder = sys.argv[1:3]
transformers.logging.set_verbosity_error()
original, exported = load_file(f"{source}/model.safetensors"), load_file(f"{folder}/model.safetensors")
kinds = {tensor.dtype for tensor in exported.values()}
assert len(kinds) == 1, kinds
kind = kinds.pop()
assert original.keys() == exported.keys(), original.keys() ^ exported.keys()
for name, tensor in original.items():
    assert torch.equal(tensor.to(kind), exported[name]), name

card = ModelCard.load(f"{folder}/README.md")
print(card.data.to_yaml())
assert card.data.library_name and card.data.pipeline_tag and card.text.startswith("\n# ")

loaders = {"fill-mask": "AutoModelForMaskedLM", "text-classification": "AutoModelForSequenceClassification"}
loader = getattr(transformers, loaders.get(card.data.pipeline_tag, "AutoModel"))
models = [loader.from_pretrained(place, dtype=torch.float32).eval() for place in (source, folder)]
with torch.no_grad():
    for parameter in models[0].parameters():
        parameter.copy_(parameter.to(kind).float())
tokenizers = [transformers.AutoTokenizer.from_pretrained(place) for place in (source, folder)]
texts = ["the cat sat on the mat .", "a gorgeous , witty , seductive movie", "Ⅷ 東京 naïve [MASK]"]
batches = [tokenizer(texts, padding=True, return_tensors="pt") for tokenizer in tokenizers]
assert torch.equal(batches[0]["input_ids"], batches[1]["input_ids"])
with torch.no_grad():
    outputs = [model(**batch)[0] for model, batch in zip(models, batches)]
assert torch.equal(*outputs)
print(f"{len(exported)} tensors of {kind}, {loader.__name__} gives the same {tuple(outputs[0].shape)}")
