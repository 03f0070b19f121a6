"""Writes entities.json: what seqeval makes of tags, the true ones and predicted ones, of small corpora.

    pip install seqeval
    python Tests/TasksTests/Fixtures/make_entities.py

Tags are drawn at random, so that most sentences have an `I-` without a `B-` or behind another type, which seqeval's default
reads as the beginning of an entity; predictions are the truth with some tags changed, none, or others altogether.
"""
import json, pathlib, random, warnings
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

warnings.filterwarnings("ignore")
random.seed(1)
cases = []
for number in range(60):
    types = ["PER", "LOC", "A-B", "é"][: 1 + number % 4]
    tags = ["O"] * (1 + number % 3) + [f"{position}-{type}" for type in types for position in "BI"]
    truth = [[random.choice(tags) for _ in range(random.randint(1, 9))] for _ in range(random.randint(1, 6))]
    share = random.choice([0, 0.1, 0.3, 1])
    predicted = [[random.choice(tags) if random.random() < share else tag for tag in line] for line in truth]
    if number % 10 == 0:
        predicted = [["O"] * len(line) for line in truth]
    if number % 10 == 5:
        truth = [["O"] * len(line) for line in truth]
    cases.append({
        "truth": truth, "predicted": predicted, "f1": f1_score(truth, predicted),
        "precision": precision_score(truth, predicted), "recall": recall_score(truth, predicted),
        "accuracy": accuracy_score(truth, predicted),
        # Of every sentence alone: type, first word, last word.
        "entities": [[[type, first, last] for type, first, last in get_entities(line)] for line in predicted],
    })
path = pathlib.Path(__file__).with_name("entities.json")
path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
