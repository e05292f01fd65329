#!/usr/bin/env python3
"""Trains examples/models/topic: which topic is a one-line description of a program about?

Data: data/debian_sections.tsv, 2,209 descriptions of Debian packages and the section of each (see
data/debian_sections.py). Model: TF-IDF of lower-case words and multinomial logistic regression.

The ONNX graph is written by hand from core operators, because what skl2onnx makes of a vectorizer needs
an operator outside the ONNX standard (com.microsoft.Tokenizer). A word is what spaces separate, in
scikit-learn as well as in ONNX: StringSplit without a delimiter splits at U+0020 alone in ONNX
Runtime. Upper case is made lower in ASCII only, on both sides.
"""

import csv
import pathlib
import string

import numpy as np
import onnx
import sklearn
from onnx import TensorProto, helper, numpy_helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from bundle import Bundle, Example, Tolerance

OPSET = 20  # the first with StringSplit
IR_VERSION = 9
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower_ascii(text):
    return text.translate(ASCII_LOWER)


def load():
    path = pathlib.Path(__file__).parent / "data" / "debian_sections.tsv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [description for _, _, description in rows], [section for section, _, _ in rows]


def to_onnx(vectorizer, classifier):
    """text BYTES [-1,1] -> label BYTES [-1,1], probabilities FP32 [-1,classes]."""
    words = list(vectorizer.get_feature_names_out())
    node = helper.make_node
    nodes = [
        node("Reshape", ["text", "flat"], ["line"]),
        # The default locale, en_US, is absent from a bare Debian; C needs no file, and is ASCII.
        node(
            "StringNormalizer",
            ["line"],
            ["lower"],
            case_change_action="LOWER",
            is_case_sensitive=1,
            locale="C",
        ),
        node("StringSplit", ["lower"], ["words", "word_count"]),
        node(
            "TfIdfVectorizer",
            ["words"],
            ["tfidf"],
            mode="TFIDF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=list(range(len(words))),
            pool_strings=words,
            weights=[float(weight) for weight in vectorizer.idf_],
        ),
        node("ReduceL2", ["tfidf", "columns"], ["norm"], keepdims=1),
        # A text without a known word has norm 0 and stays all zeros.
        node("Max", ["norm", "tiny"], ["divisor"]),
        node("Div", ["tfidf", "divisor"], ["unit"]),
        node("Gemm", ["unit", "coefficients", "intercepts"], ["scores"], transB=1),
        node("Softmax", ["scores"], ["probabilities"], axis=1),
        node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=1),
        node("Gather", ["classes", "best"], ["label"]),
    ]
    constants = {
        "flat": np.array([-1], np.int64),
        "columns": np.array([1], np.int64),
        "tiny": np.array(1e-12, np.float32),
        "coefficients": classifier.coef_.astype(np.float32),
        "intercepts": classifier.intercept_.astype(np.float32),
        "classes": np.array(classifier.classes_, dtype=object),
    }
    graph = helper.make_graph(
        nodes,
        "topic",
        [helper.make_tensor_value_info("text", TensorProto.STRING, ["batch", 1])],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, ["batch", 1]),
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, ["batch", len(classifier.classes_)]
            ),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="slipway examples",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    texts, sections = load()
    train_x, test_x, train_y, test_y = train_test_split(
        texts, sections, test_size=0.25, stratify=sections, random_state=0
    )
    pipeline = make_pipeline(
        TfidfVectorizer(preprocessor=lower_ascii, token_pattern="[^ ]+", min_df=2),
        LogisticRegression(C=10, max_iter=1000),
    )
    pipeline.fit(train_x, train_y)
    vectorizer, classifier = pipeline[0], pipeline[1]
    print(
        f"{len(vectorizer.vocabulary_)} words; accuracy on {len(test_y)} descriptions held out: "
        f"{accuracy_score(test_y, pipeline.predict(test_x)):.4f}"
    )

    bundle = Bundle("topic", to_onnx(vectorizer, classifier))
    bundle.labels["probabilities"] = [str(name) for name in classifier.classes_]
    for name, texts in {
        "one": test_x[:1],
        "five": test_x[1:6],
        "thirty": test_x[6:36],
        "case_and_spaces": ["  A Real-Time STRATEGY game of ancient   warfare "],
        "no_known_word": ["", "xyzzy"],
        "beyond_ascii": ["Schriftart für ÜBERSCHRIFTEN", "フォント", "naïve MIDI séquenceur"],
    }.items():
        column = np.array(texts, dtype=object).reshape(-1, 1)
        bundle.add(
            Example(
                name,
                inputs={"text": column},
                outputs={
                    "label": pipeline.predict(texts).reshape(-1, 1),
                    "probabilities": pipeline.predict_proba(texts),
                },
                origin="scikit-learn",
                version=sklearn.__version__,
            )
        )
    bundle.tolerances["probabilities"] = Tolerance(absolute=2e-6, relative=1e-5)
    bundle.write()


if __name__ == "__main__":
    main()
