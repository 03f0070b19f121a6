"""Sentence vectors over HTTP by FastAPI, transformers and torch: what `yoso serve` is measured beside (serve_beside.py).

    python Tests/Peers/serve_fastapi.py --checkpoint FOLDER --port 8001 --threads 2 [--batch 64]

POST /embed with {"text": …} gives the mean of all hidden states, of unit length. As people write it, a request is a pass of the
model; with --batch those that wait are computed together, sorted by length and padded.
"""
import argparse
import asyncio
import contextlib
import os

p = argparse.ArgumentParser()
p.add_argument("--checkpoint", required=True), p.add_argument("--port", type=int, default=8001)
p.add_argument("--threads", type=int, default=2), p.add_argument("--batch", type=int, default=0)
a = p.parse_args()
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(a.threads)

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(a.threads)
tokenizer = AutoTokenizer.from_pretrained(a.checkpoint)
model = AutoModel.from_pretrained(a.checkpoint).eval()
waiting = asyncio.Queue()


@contextlib.asynccontextmanager
async def during(app):
    worker = asyncio.create_task(work())
    yield
    worker.cancel()


app = FastAPI(lifespan=during)


class Text(BaseModel):
    text: str


def vectors(texts):
    with torch.inference_mode():
        inputs = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
        hidden = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).tolist()


async def work():
    while True:
        batch = [await waiting.get()]
        while len(batch) < a.batch and not waiting.empty():
            batch.append(waiting.get_nowait())
        batch.sort(key=lambda item: len(item[0]))
        found = await asyncio.to_thread(vectors, [text for text, _ in batch])
        for (_, future), vector in zip(batch, found):
            future.set_result(vector)


if a.batch:
    @app.post("/embed")
    async def embed(body: Text):
        future = asyncio.get_running_loop().create_future()
        waiting.put_nowait((body.text, future))
        return {"embedding": await future}
else:
    @app.post("/embed")
    def embed(body: Text):
        return {"embedding": vectors([body.text])[0]}


@app.get("/health")
def health():
    return {"status": "ok"}


uvicorn.run(app, host="127.0.0.1", port=a.port, log_level="warning", access_log=False)
