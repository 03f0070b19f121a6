"""Makes wordpiece.json: ids by transformers' BERT tokenizer, for hostile Unicode and for 20,000 lines of real text.

    python Tests/TokenizationTests/Fixtures/make_wordpiece.py ../shared/data      (transformers 5.23)

Of the real text only digests are kept: SHA-256 over the ids of every 1,000 lines as little-endian int32.
"""
import hashlib
import json
import lzma
import pathlib
import struct
import sys

from tokenizers.implementations import BertWordPieceTokenizer

HERE = pathlib.Path(__file__).parent
PIECES = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [chr(c) for c in range(33, 127)]
          + ["##" + chr(c) for c in range(33, 127)]
          + ["the", "##ing", "un", "##aff", "##able", "é", "É", "ss", "ß", "i̇", "İ", "中", "文", "的", "ａ", "한",
             "ᄒ", "ᅡ", "ᆫ", "##ᅡ", "##ᆫ", "…", "—", "“", "”", "¿", "ñ", "å", "ø", "œ", "Ω", "ω", "ς", "σ", "😀"])
HOSTILE = [
    "", " ", "\t\n\r ", "the unaffable thing", "UNAFFABLE", "a\0b\ufffdc", "a\u200bb\u200dc\u2060d\ufeffe", "e\u0301 é É E\u0301",
    "Straße ẞ ſ", "İstanbul Iı i̇", "中文的 a中b", "한국 \u1112\u1161\u11ab", "ａｂｃ１２３", "a\u00a0b\u2003c\u3000d",
    "a\u2028b\u2029c\u0085d\x0be\x0cf", "don't-stop...(now)!", "$5+3=8<9>7^`|~", "“q” — ¿qué? … «x»", "x" * 100, "x" * 101,
    "é" * 100, "é" * 101, "😀 a😀b 👨‍👩‍👧", "\ue000 \uf8ff a\ue000b", "\u0378 a\u0378b", "a\u00adb", "ﬁ ﬂ ½ ²", "Ω Ω ΟΔΟΣ Σ ς",
    "\u0300 \u0301a a\u0300\u0301\u0302", "नमस्ते ก็ ไทย", "עִבְרִית العَرَبِيَّة", "Å Å Å ñ ø œ", "\x7f\x80\x9f a\x80b", "[CLS] [MASK]a",
    "ǅ ŉ ΐ ᾳ", "１．２", "a_b@c.d#e", "\U00020000 \U0002f800 \U000e0001x", "ª º ⁿ", "\u180e \u061c x\u061cy",
]


def tokenizer(vocabulary, lowercase):
    return BertWordPieceTokenizer(str(vocabulary), lowercase=lowercase, clean_text=True, handle_chinese_chars=True)


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def lines(path, count):
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.strip("\n") and count > 0:
                count -= 1
                yield line.strip("\n")


def main(data):
    vocabulary = HERE / "pieces.txt"
    vocabulary.write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    hostile = [{"text": text, "uncased": ids(tokenizer(vocabulary, True), text), "cased": ids(tokenizer(vocabulary, False), text)}
               # A special token inside a text is one token there and plain characters here.
               for text in HOSTILE if "[" not in text]
    digests = {}
    for name, lowercase in (("bert-base-uncased", True), ("bert-base-cased", False)):
        real = tokenizer(data / f"wordpiece/{name}-vocab.txt", lowercase)
        blocks, digest = [], hashlib.sha256()
        for index, line in enumerate(lines(data / "text/enwiki_00.txt.xz", 20000)):
            values = ids(real, line)
            digest.update(struct.pack(f"<{len(values)}i", *values))
            if index % 1000 == 999:
                blocks.append(digest.hexdigest())
                digest = hashlib.sha256()
        digests[name] = blocks
    (HERE / "wordpiece.json").write_text(json.dumps({"hostile": hostile, "digests": digests}, ensure_ascii=True, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
