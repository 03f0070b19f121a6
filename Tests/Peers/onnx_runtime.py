"""Whether ONNX Runtime computes of an exported folder what yoso computes, for sentences that a test writes down:

    python Tests/Peers/onnx_runtime.py FOLDER EXPECTED.json

EXPECTED.json has for every sentence N the lists N.input_ids, N.token_type_ids and N.output. Sentences are put into batches of 1, 2, 3,
... of them, each padded to its longest, and outputs may differ by 1e-4. What stands in a place of padding is never looked at, and it
must change nothing: a batch is run with two fillings.
"""
import json
import sys
import numpy as np
import onnx
import onnxruntime

folder, expected = sys.argv[1:3]
path = f"{folder}/model.onnx"
onnx.checker.check_model(path, full_check=True)
model = onnx.load(path)
assert [(o.domain, o.version) for o in model.opset_import] == [("", 20)], model.opset_import
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
assert [i.name for i in session.get_inputs()] == ["input_ids", "attention_mask", "token_type_ids"]
assert all(i.shape == ["batch", "length"] for i in session.get_inputs())

values = json.load(open(expected))
sentences = [
    [np.array(values[f"{n}.{name}"], kind) for name, kind in
     (("input_ids", np.int64), ("token_type_ids", np.int64), ("output", np.float32))]
    for n in range(len(values) // 3)
]
worst, start, size = 0.0, 0, 1
while start < len(sentences):
    batch = sentences[start:start + size]
    longest = max(len(ids) for ids, _, _ in batch)
    outputs = []
    for filling in (0, 7):
        inputs = {name: np.full((len(batch), longest), rest, np.int64) for name, rest in
                  (("input_ids", filling), ("attention_mask", 0), ("token_type_ids", filling and 1))}
        for row, (ids, segments, _) in enumerate(batch):
            inputs["input_ids"][row, :len(ids)] = ids
            inputs["token_type_ids"][row, :len(ids)] = segments
            inputs["attention_mask"][row, :len(ids)] = 1
        outputs.append(session.run(None, inputs)[0])
    for row, (ids, _, output) in enumerate(batch):
        found = [o[row, :len(ids)] if o.ndim == 3 else o[row] for o in outputs]
        assert np.array_equal(*found), f"sentence {start + row}: padding changes it"
        assert found[0].size == output.size, (found[0].shape, output.shape)
        worst = max(worst, float(np.abs(found[0].reshape(-1) - output).max()))
    start, size = start + size, size % 17 + 1
spread = max(float(np.abs(output).max()) for _, _, output in sentences)
assert worst < 1e-4, f"outputs differ by {worst}, of up to {spread}"
print(f"{len(sentences)} sentences: outputs of up to {spread:.3g} differ by at most {worst:.2g}")
