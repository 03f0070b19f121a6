"""Reads the event files of runs by TensorBoard's own reader, and compares them with metrics.jsonl.

    pip install tensorboard
    python Tests/Peers/read_events.py Checkpoints/mini [RUN ...]

Says for every run how many scalars, texts and hyper-parameters TensorBoard shows; exits with 1 where it shows other numbers
than the log has.
"""
import json
import os
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import metadata

HPARAMS = "_hparams_/session_start_info"


def flat(lines):
    """Keys and texts of a resolved recipe, a.b of `b` below `a`."""
    above = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        key, _, text = line.strip().partition(":")
        above = above[:depth] + [key]
        if text.strip():
            yield ".".join(above), text.strip().strip('"')


def differs(value, told):
    """Whether a hyper-parameter is another than a recipe's text, which may have a unit: 500 of `500 steps`; words may be others."""
    if value.WhichOneof("kind") == "number_value":
        try:
            return value.number_value != float(told.split()[0])
        except ValueError:
            return False
    return told in ("true", "false") and value.string_value != told


def compare(run):
    sizes = {event_accumulator.SCALARS: 0, event_accumulator.TENSORS: 0}
    # Files are read one after another, as the board does: what a process tells again is forgotten first.
    events = event_accumulator.EventAccumulator(run, size_guidance=sizes)
    events.Reload()
    with open(os.path.join(run, "metrics.jsonl")) as file:
        lines = [json.loads(line) for line in file]
    scalars = 0
    for tag in events.Tags()["scalars"]:
        group, name = tag.split("/", 1)
        logged = [
            (line["step"], line[name]) for line in lines if (line["kind"] == "step") == (group == "training") and name in line
        ]
        shown = [(event.step, event.value) for event in events.Scalars(tag)]
        if group == "training" or logged:
            same = [step for step, _ in shown] == [step for step, _ in logged]
            if not same or any(abs(a - b) > 1e-6 * abs(b) for (_, a), (_, b) in zip(shown, logged)):
                sys.exit(f"{run}: {tag}: TensorBoard shows {shown[:3]} …, the log has {logged[:3]} …")
        scalars += len(shown)
    content = events.SummaryMetadata(HPARAMS).plugin_data.content
    settings = metadata.parse_session_start_info_plugin_data(content).hparams
    text = events.Tensors("recipe.yaml")[0].tensor_proto.string_val[0].decode()
    with open(os.path.join(run, "recipe.yaml")) as file:
        if text != file.read():
            sys.exit(f"{run}: the text recipe.yaml is not the file")
    compared = {key: told for key, told in flat(text.splitlines()) if key in settings}
    for key, told in compared.items():
        if differs(settings[key], told):
            sys.exit(f"{run}: the hyper-parameter {key} is {settings[key]}, in recipe.yaml {told}")
    if "threads" not in compared:
        sys.exit(f"{run}: of the recipe's keys only {sorted(compared)} are hyper-parameters")
    print(f"{run}: {scalars} scalars of {len(events.Tags()['scalars'])} tags, {len(settings)} hyper-parameters, the recipe")


for run in sys.argv[1:]:
    compare(run)
