"""Whether transformers reads a vocabulary's tokenizer.json as SentencePiece reads its spiece.model: ids of the lines of a text.

    yoso vocab train --input text/ --size 16000 --model bpe --output vocab
    python Tests/Peers/same_ids.py vocab TEXT.txt

Exits with 1 where more than one line in a thousand differs.
"""
import sys
import sentencepiece
from transformers import AutoTokenizer

folder, path = sys.argv[1:]
theirs = AutoTokenizer.from_pretrained(folder)
ours = sentencepiece.SentencePieceProcessor(f"{folder}/spiece.model")
lines = [line.strip() for line in open(path, encoding="utf-8") if line.strip()][:20000]
different = [line for line in lines if theirs.encode(line, add_special_tokens=False) != ours.encode(line)]
print(f"{len(lines) - len(different)} of {len(lines)} lines have the same ids")
for line in different[:10]:
    print("differs:", line[:200])
sys.exit(not lines or 1000 * len(different) > len(lines))
