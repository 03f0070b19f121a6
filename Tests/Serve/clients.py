"""What OpenAI's client and Prometheus's parser make of a running `yoso serve`; called by `run` beside this file.

    python Tests/Serve/clients.py http://127.0.0.1:8080 [TOKEN]
"""
import json
import sys
import urllib.request

import openai
from prometheus_client.parser import text_string_to_metric_families

url, token = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""


def ask(path, body=None):
    request = urllib.request.Request(url + path, None if body is None else json.dumps(body).encode())
    if token:
        request.add_header("Authorization", "Bearer " + token)
    return urllib.request.urlopen(request).read()


client = openai.OpenAI(base_url=url + "/v1", api_key=token or "none", max_retries=0)
texts = ["the cat sat on the mat", "a dog ran"]
# As bytes, which is what the client asks for by itself, and as numbers.
answer = client.embeddings.create(input=texts, model="any")
plain = [json.loads(ask("/embed", {"text": text}))["embedding"] for text in texts]
numbers = client.embeddings.create(input=texts[0], model="any", encoding_format="float").data[0].embedding
assert [item.index for item in answer.data] == [0, 1] and answer.usage.total_tokens > 0
assert len(answer.data) == len(plain)
for item, wanted in zip(answer.data, plain):
    assert len(item.embedding) == len(wanted)
    assert max(abs(a - b) for a, b in zip(item.embedding, wanted)) < 1e-6
assert numbers == plain[0]
try:
    client.embeddings.create(input=[[1, 2]], model="any")
    sys.exit("token ids were taken")
except openai.UnprocessableEntityError as error:
    assert error.type == "invalid_request_error" and "wanted a string" in error.message, error
names = [model.id for model in client.models.list()]
assert names == [json.loads(ask("/health"))["model"]] == [answer.model], names
if token:
    try:
        openai.OpenAI(base_url=url + "/v1", api_key="other", max_retries=0).embeddings.create(input="a", model="any")
        sys.exit("another token was taken")
    except openai.AuthenticationError:
        pass

families = {family.name: family for family in text_string_to_metric_families(ask("/metrics").decode())}
served = {sample.labels["path"]: sample.value for sample in families["yoso_requests"].samples if sample.labels["code"] == "200"}
assert served["/v1/embeddings"] >= 2 and families["yoso_request_seconds"].type == "histogram", families
print(f"openai {openai.__version__}: the same vectors; Prometheus: {len(families)} families")
