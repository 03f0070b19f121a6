"""Whether transformers refuses a checkpoint whose attention it does not have, rather than load it as a BERT of other numbers.

    yoso pretrain Recipes/Pretraining/tiny.yaml --set model.attention=linear --set "budget=2 steps" --output native
    python Tests/Peers/refused_by_transformers.py native/best
"""
import json
import sys
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

folder = sys.argv[1]
assert json.load(open(f"{folder}/config.json"))["model_type"] == "yoso-native"
for loader in (AutoConfig, AutoModel, AutoModelForMaskedLM):
    try:
        loader.from_pretrained(folder)
    except ValueError as error:
        assert "yoso-native" in str(error), error
        print(f"{loader.__name__} refuses it: {str(error).splitlines()[0][:120]}")
    else:
        sys.exit(f"{loader.__name__} loaded it")
