"""The ids that the tokenizers library makes of lines: a list for each, from `tokenizer.json` and lines as JSON on standard input.

    python Tests/Peers/token_ids.py vocab/tokenizer.json < lines.json
"""
import json
import sys

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
lines = json.load(sys.stdin)
json.dump([encoding.ids for encoding in tokenizer.encode_batch(lines, add_special_tokens=False)], sys.stdout)
