"""Makes pipelines.json: ids by the `tokenizers` library behind transformers, of hostile text, for WordPiece tokenizers of
several normalizers, pre-tokenizers, word lengths and added tokens.

    python Tests/TokenizationTests/Fixtures/make_pipelines.py      (tokenizers 0.23)
"""
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as n, pre_tokenizers as p

from make_wordpiece import HERE, HOSTILE, PIECES

EXTRA = [" lead and trail ", "a  b   c", "newthing anewthingb NEWTHING", "x<e>y <E>", "l'été d'İstanbul", "ﬁ①½ ２３", "snake_case don't"]
TEXTS = [text for text in HOSTILE if "[" not in text] + EXTRA
VOCABULARY = {piece: index for index, piece in enumerate(PIECES + ["▁", "▁the", "▁a", "▁b", "##▁", "##é", "fi"])}


def tokenizer(normalizer, splitter, longest=100, added=()):
    made = Tokenizer(models.WordPiece(dict(VOCABULARY), unk_token="[UNK]", max_input_chars_per_word=longest))
    if normalizer: made.normalizer = normalizer
    if splitter: made.pre_tokenizer = splitter
    made.add_tokens(list(added))
    return made


def bert(**options):
    return n.BertNormalizer(**{"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True, **options})


CASES = {
    "cased with accents stripped": tokenizer(bert(lowercase=False, strip_accents=True), p.BertPreTokenizer()),
    "uncased with accents": tokenizer(bert(strip_accents=False), p.BertPreTokenizer()),
    "neither cleaned nor apart": tokenizer(bert(clean_text=False, handle_chinese_chars=False), p.BertPreTokenizer()),
    "no normalizer": tokenizer(None, p.BertPreTokenizer()),
    "NFKC, Whitespace": tokenizer(n.NFKC(), p.Whitespace()),
    "NFC, WhitespaceSplit": tokenizer(n.NFC(), p.WhitespaceSplit()),
    "NFKD, no pre-tokenizer": tokenizer(n.NFKD(), None),
    "a sequence": tokenizer(n.Sequence([n.NFD(), n.StripAccents(), n.Lowercase(), n.Replace("'", " "), n.Replace(Regex(" {2,}"), " ")]),
                            p.Sequence([p.WhitespaceSplit(), p.BertPreTokenizer()])),
    "StripAccents of composed text": tokenizer(n.StripAccents(), p.WhitespaceSplit()),
    "Metaspace": tokenizer(n.Strip(), p.Metaspace()),
    "Metaspace, first": tokenizer(n.Lowercase(), p.Metaspace(prepend_scheme="first"), added=[AddedToken("newthing", normalized=False)]),
    "Metaspace, never, whole": tokenizer(n.Lowercase(), p.Metaspace(prepend_scheme="never", split=False)),
    "words of three": tokenizer(bert(), p.BertPreTokenizer(), longest=3),
    "added tokens": tokenizer(bert(), p.BertPreTokenizer(),
                              added=[AddedToken("newthing"), AddedToken("<e>", normalized=False), AddedToken("newthi", normalized=False)]),
}

cases = [{"name": name, "file": made.to_str(), "ids": [made.encode(text, add_special_tokens=False).ids for text in TEXTS]}
         for name, made in CASES.items()]
(HERE / "pipelines.json").write_text(json.dumps({"texts": TEXTS, "cases": cases}, ensure_ascii=True, separators=(",", ":")) + "\n")
