"""Models of texts: in every dialect, with hostile texts, and with vectorizers made at random beside scikit-learn's own."""

import json
import pickle
import random
import time

import pytest

import frameworks
from support.server import Server
from support.tensors import binary_request, outputs_of

MODEL = "sklearn-text-logistic"
TEXTS = ["The cat likes fish & chips", "Une élève mange the sea", ""]
EVERY_ANALYZER = ["sklearn-count", "sklearn-count-accents", "sklearn-count-chars", "sklearn-count-chars-in-words",
                  "sklearn-count-pattern-dashes", "sklearn-count-pattern-not-spaces", "sklearn-hashing"]


def infer(server, texts, shape=None, model=MODEL, output="predict"):
    tensor = {"name": "input", "datatype": "BYTES", "shape": shape or [len(texts), 1], "data": texts}
    body, headers = binary_request([tensor], outputs=[{"name": output}])
    return server.post(f"/v2/models/{model}/infer", body, headers)


def predict(server, instances):
    return server.post(f"/v1/models/{MODEL}:predict", json.dumps({"instances": instances}).encode())


@pytest.fixture
def labels(server):
    answer = infer(server, TEXTS)
    assert answer.status == 200, answer.text
    found = outputs_of(answer)["predict"]["data"]
    assert len(set(found)) > 1
    return found


def test_texts_may_be_a_vector(server, labels):
    assert outputs_of(infer(server, TEXTS, [len(TEXTS)]))["predict"]["data"] == labels


@pytest.mark.parametrize("instances", [TEXTS, [[text] for text in TEXTS], [{"input": text} for text in TEXTS]],
                         ids=["strings", "rows", "objects"])
def test_texts_may_be_instances(server, labels, instances):
    assert predict(server, instances).json() == {"predictions": labels}


def test_texts_that_are_not_utf8_are_refused(server):
    answer = infer(server, ["a cat", b"caf\xe9"])
    assert answer.status == 400 and "a text is not UTF-8" in answer.text


def test_numbers_are_no_texts(server):
    answer = predict(server, [1, 2])
    assert answer.status == 400 and "expected a string" in answer.text


@pytest.mark.parametrize("model", EVERY_ANALYZER)
@pytest.mark.parametrize("piece", [" ", "a", "a ", "\t\n", "Σ'", "\u0301", "ﷺ", "İ"], ids=ascii)
def test_a_long_text_takes_bounded_time(server, model, piece):
    start = time.monotonic()
    answer = infer(server, [piece * (1_000_000 // len(piece.encode()))], model=model, output="transform")
    assert answer.status == 200, answer.text
    assert time.monotonic() - start < 20


# ---- Vectorizers at random

LETTERS = "aabeIİıſKksSéÀß_-'.!?1٣½²\t\n\u00a0\u2028 中文한𝔘😀\u0301\u200dΣςΑω"
PATTERNS = [r"(?u)\b\w\w+\b", r"\w+", r"\b[^\W\d]+\b", r"\S+", r"(?i)[a-z]+", r"\w+(?:[-'.]\w+)*", r"[^\s.!?]{1,3}",
            r"(?<!\w)\w(\w+)", r"[a-s]+?|\d|[À-ÿ]\w*", r"\w+(?=\s+)|[!?]"]


def made_text(dice):
    return "".join(dice.choice(LETTERS) for _ in range(dice.randrange(40)))


def made_vectorizer(dice):
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

    low = dice.randint(1, 3)
    options = {
        "analyzer": dice.choice(["word", "word", "char", "char_wb"]),
        "ngram_range": (low, low + dice.randint(0, 2)),
        "lowercase": dice.random() < 0.7,
        "strip_accents": dice.choice([None, None, "ascii", "unicode"]),
        "token_pattern": dice.choice(PATTERNS),
        "binary": dice.random() < 0.2,
        "stop_words": dice.choice([None, None, ["a", "ss", "1"]]),
    }
    if dice.random() < 0.25:
        return HashingVectorizer(n_features=dice.choice([7, 64]), alternate_sign=dice.random() < 0.5,
                                 norm=dice.choice(["l1", "l2", None]), **options)
    if dice.random() < 0.5:
        return CountVectorizer(max_features=80, **options)
    return TfidfVectorizer(max_features=80, sublinear_tf=dice.random() < 0.5, norm=dice.choice(["l1", "l2", None]),
                           smooth_idf=dice.random() < 0.5, **options)


@pytest.mark.skipif(frameworks.missing is not None, reason=str(frameworks.missing))
def test_vectorizers_made_at_random_answer_as_scikit_learn(tmp_path):
    import numpy as np
    from support.parity import ask

    dice = random.Random(4)
    texts = [made_text(dice) for _ in range(300)]
    fitted = {f"v{i}": made_vectorizer(dice).fit(texts[:150]) for i in range(60)}
    for name, vectorizer in fitted.items():
        (tmp_path / name / "1").mkdir(parents=True)
        (tmp_path / name / "1" / "model.pkl").write_bytes(pickle.dumps(vectorizer))
    with Server(tmp_path, ready_timeout_s=120) as server:
        for name, vectorizer in fitted.items():
            expected = vectorizer.transform(texts).toarray()
            got = ask(server, name, texts)["transform"]
            wrong = np.argwhere(np.abs(got - expected) > 1e-6)
            assert len(wrong) == 0, f"{vectorizer}: {texts[wrong[0][0]]!r}, column {wrong[0][1]}"
