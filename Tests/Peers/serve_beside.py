"""Requests a second of yoso serve and of FastAPI + transformers + torch (serve_fastapi.py) on the same cores, in turns, by wrk.

    apt-get install wrk && pip install torch transformers fastapi uvicorn
    python Tests/Peers/serve_beside.py --yoso .build/release/yoso --checkpoint FOLDER --rows glue/SST-2/dev.tsv
        [--clients 64] [--seconds 30] [--rounds 3] [--threads 2]

Clients send one sentence each to POST /embed, the first column of the rows in turn, and wait for its vector. A server that is
not asked waits meanwhile. Prints medians of the rounds, and how far the vectors of ten sentences are apart; exits with 1 where one
of ours was no answer.
"""
import argparse, json, os, re, statistics, subprocess, sys, tempfile, time, urllib.request

p = argparse.ArgumentParser()
p.add_argument("--yoso", required=True), p.add_argument("--checkpoint", required=True), p.add_argument("--rows", required=True)
p.add_argument("--clients", type=int, default=64), p.add_argument("--seconds", type=int, default=30)
p.add_argument("--rounds", type=int, default=3), p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
with open(a.rows, encoding="utf-8") as file:
    sentences = [line.split("\t")[0].strip() for line in file][1:]
folder = tempfile.mkdtemp()
with open(f"{folder}/ask.lua", "w", encoding="utf-8") as file:
    bodies = ",\n".join("[==[" + json.dumps({"text": s}) + "]==]" for s in sentences)
    file.write(f"local bodies = {{{bodies}}}\nlocal next = 0\n" + """
local started = 0
function setup(thread) thread:set("first", started * 37) started = started + 1 end
request = function()
  next = next + 1
  return wrk.format("POST", "/embed", {["Content-Type"] = "application/json"}, bodies[(first + next) % #bodies + 1])
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
""")
# The environment may pin OpenBLAS to kernels of another CPU.
environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
peer = [sys.executable, os.path.join(os.path.dirname(__file__), "serve_fastapi.py"), "--checkpoint", a.checkpoint, "--threads", str(a.threads)]
ours = [a.yoso, "serve", "--checkpoint", a.checkpoint, "--threads", str(a.threads)]
servers = {
    "yoso, fp32": (8101, ours + ["--port", "8101"]), "yoso, bf16": (8102, ours + ["--port", "8102", "--precision", "bf16"]),
    "FastAPI": (8103, peer + ["--port", "8103"]), "FastAPI, batched": (8104, peer + ["--port", "8104", "--batch", "64"])}


def ask(port, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request, timeout=60).read())


def load(port, seconds):
    out = subprocess.run(["wrk", "-t1", f"-c{a.clients}", f"-d{seconds}s", "--timeout", "30s", "-s", f"{folder}/ask.lua",
                          f"http://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True, check=True).stdout
    requests, micros, middle, late, errors = map(float, re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\S+)", out).groups())
    return requests / micros * 1e6, middle, late, int(errors)


processes, results = [], {name: [] for name in servers}
try:
    for port, command in servers.values():
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
    for port, _ in servers.values():
        for attempt in range(600):
            try: ask(port, "/health"); break
            except OSError: time.sleep(0.2)
        load(port, 2)
    found = {name: [ask(port, "/embed", {"text": s})["embedding"] for s in sentences[:10]] for name, (port, _) in servers.items()}
    for _ in range(a.rounds):
        for name, (port, _) in servers.items():
            results[name].append(load(port, a.seconds))
finally:
    for process in processes: process.terminate()
    for process in processes: process.wait()
print(f"{a.clients} clients, {a.rounds} rounds of {a.seconds} s, {a.threads} threads\n"
      "| server | requests/s, median (range) | median, ms | p99, ms | errors | vectors apart |\n|---|---|---|---|---|---|")
for name, rows in results.items():
    speed = [row[0] for row in rows]
    apart = max(abs(x - y) for v, w in zip(found[name], found["FastAPI"]) for x, y in zip(v, w))
    middle, late = (statistics.median(row[i] for row in rows) for i in (1, 2))
    print(f"| {name} | {statistics.median(speed):.0f} ({min(speed):.0f} to {max(speed):.0f}) | {middle:.0f} | {late:.0f} | "
          f"{sum(row[3] for row in rows)} | {apart:.1e} |")
sys.exit(any(row[3] for name in ("yoso, fp32", "yoso, bf16") for row in results[name]))
