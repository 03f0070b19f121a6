"""Makes sentencepiece.json: what transformers makes, from the tokenizer.json that ships, of hostile Unicode and of plain lines.

    python Tests/TokenizationTests/Fixtures/make_sentencepiece.py      (transformers 5.23)
"""
import json
import pathlib

from make_wordpiece import HOSTILE
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
PLAIN = [
    "The old farmer was glad to see the children at the market.", "a  b   c", "  leading and trailing  ", "one\ttwo\nthree",
    "ⅧⅧ half ½ ﬁne", "UPPER lower MiXeD", "▁the ▁ metaspace", "don't", "x" * 300, "é" * 300, "中文的文", "..." * 40,
]


def main():
    tokenizer = AutoTokenizer.from_pretrained(HERE / "../../../Vocab/sample")
    # Special tokens inside a text are one token there and plain characters here; a letter with combining marks is
    # looked up there as one grapheme, but by its longest prefix in SentencePiece itself.
    texts = [text for text in PLAIN + HOSTILE if "[" not in text and not {"\u0300", "\u0301"} & set(text)]
    lines = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False)} for text in texts]
    pairs = tokenizer("a b", "c")
    pair = {"ids": pairs["input_ids"], "segments": pairs["token_type_ids"]}
    (HERE / "sentencepiece.json").write_text(json.dumps({"lines": lines, "pair": pair}, ensure_ascii=True, indent=1) + "\n")


if __name__ == "__main__":
    main()
