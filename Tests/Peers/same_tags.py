"""Whether transformers gives the words of a dev set the tags and probabilities of a checkpoint that yoso fine-tuned on words.

    yoso finetune names.yaml … --output Checkpoints/names
    python Tests/Peers/same_tags.py Checkpoints/names          (reads best/ and predictions.tsv there)

Sentences that yoso read in pieces are left out, since transformers would cut them. Exits with 1 where a tag differs whose
probability is not within 1e-4 of another's.
"""
import csv, itertools, sys
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

run = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(f"{run}/best")
model = AutoModelForTokenClassification.from_pretrained(f"{run}/best").eval()
with open(f"{run}/predictions.tsv", encoding="utf-8", newline="\n") as file:
    header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
length = int(model.config.yoso["length"])
labels = [name[2:-1] for name in header if name.startswith("p(")]
assert labels == [model.config.id2label[i] for i in range(len(labels))], labels
same, words, worst, left_out = 0, 0, 0.0, 0
with torch.inference_mode():
    for _, sentence in itertools.groupby(rows, lambda row: row[:2]):
        sentence = list(sentence)
        encoded = tokenizer([row[-1] for row in sentence], is_split_into_words=True, return_tensors="pt")
        places = {}
        for place, word in enumerate(encoded.word_ids()):
            if word is not None:
                places.setdefault(word, place)
        if encoded["input_ids"].shape[1] > length or len(places) < len(sentence):
            left_out += 1
            continue
        p = model(**encoded).logits[0].softmax(-1)
        for word, row in enumerate(sentence):
            theirs = p[places[word]].tolist()
            best = sorted(theirs)[-2:]
            same += labels[theirs.index(max(theirs))] == row[3] or best[1] - best[0] < 1e-4
            worst = max(worst, max(abs(a - float(b)) for a, b in zip(theirs, row[4:])))
            words += 1
print(f"{same} of {words} words the same, largest difference {worst:.2g}; {left_out} sentences left out")
sys.exit(not (words and same == words and worst <= 1e-3))
