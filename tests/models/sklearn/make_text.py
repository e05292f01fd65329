#!/usr/bin/env python3
"""Texts: counted, weighed and hashed terms, alone and in front of classifiers."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import (
    CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer, strip_accents_unicode,
)
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from fixtures import write

SUBJECTS = ["The cat", "Une élève", "My dog", "The naïve girl", "Ο ΟΔΥΣΣΕΥΣ", "Straße", "İstanbul", "The 3rd bus"]
VERBS = ["likes", "doesn't like", "eats", "mange", "SELLS", "has_seen"]
OBJECTS = ["fish & chips", "crème brûlée", "2 apples", "the sea", "寿司 and 麺", "ДОМ", "½ of a pie", "nothing at all"]


def sentences(count, seed):
    rng = np.random.default_rng(seed)
    return np.array([" ".join(rng.choice(words) for words in (SUBJECTS, VERBS, OBJECTS, ["", "!", "today"]))
                     for _ in range(count)], dtype=object)


NASTY = np.array([
    "", " ", "the and of", "I", "a b c", "!!! ... ???", "unknownword", "The CAT the cat THE Cat",
    "cre\u0300me bru\u0302le\u0301e", "crème", "ΑΣ ΟΔΥΣΣΕΥΣ. ΣΑΣ'Α ΑΣ.", "İSTANBUL istanbul ıstanbul", "ﬁsh ﬀ ½ ² Ⅷ ١٢ ३४",
    "dog\u200dcat dog\u00a0cat dog\u3000cat\u2028sea", "😀 dog😀cat 👨\u200d👩\u200d👧", "𝔘𝔫𝔦 𐐀𐐁 寿司", "snake_case __init__ _",
    "dog\0cat", "sea\t\tsea\n\nsea \r\n sea", "don't x-ray e-mail@host.org http://a.b/c?d=e", "é", "dog" * 200, "STRASSE straße ẞ",
    "\ufeffthe dog", "\u0130\u0307", "Σ", "the the the sea sea",
], dtype=object)

texts = sentences(60, seed=1)
likes = np.array(["like" in text for text in texts])
verb = np.array([next(v for v in VERBS if v in text).split()[0] for text in texts], dtype=object)
asked = np.concatenate([sentences(6, seed=2), NASTY])


def vectorizer(name, made, older=False):
    write(name, made.fit(np.concatenate([texts, NASTY])), asked, older=older)


vectorizer("count", CountVectorizer(), older=True)
vectorizer("count-english-bigrams", CountVectorizer(stop_words="english", ngram_range=(1, 2), min_df=2), older=True)
vectorizer("count-stop-words", CountVectorizer(stop_words=["the", "dog"], ngram_range=(2, 3), max_features=40))
vectorizer("count-binary-cased", CountVectorizer(binary=True, lowercase=False, max_features=50))
vectorizer("count-accents", CountVectorizer(strip_accents="unicode", max_features=60), older=True)
vectorizer("count-ascii", CountVectorizer(strip_accents="ascii", dtype=np.float32))
vectorizer("count-accents-function", CountVectorizer(preprocessor=strip_accents_unicode, max_features=50))
vectorizer("count-chars", CountVectorizer(analyzer="char", ngram_range=(1, 3), max_features=80), older=True)
vectorizer("count-chars-in-words", CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=80), older=True)
vectorizer("count-long-chars-in-words", CountVectorizer(analyzer="char_wb", ngram_range=(6, 7), max_features=60))
vectorizer("count-given", CountVectorizer(vocabulary=["sea", "dog", "the cat", "cat"], ngram_range=(1, 2)))
vectorizer("count-given-dict", CountVectorizer(vocabulary={"sea": 1, "dog": 0}))
for name, pattern in [("one", r"\b\w+\b"), ("latin", r"\b[a-zA-Z]{2,}\b"), ("letters", r"(?u)\b[^\d\W]+\b"),
                      ("spaces", r"[A-Za-z0-9]+(?=\s+)"), ("marks", r"(?u)\b\w\w+\b|!|\?|'"), ("hosts", r"@(\w+)"),
                      ("any-case", r"(?ui)\b\w*[a-z]+\w*\b"), ("dashes", r"\w+(?:[-']\w+)*"), ("not-spaces", r"\S+")]:
    vectorizer(f"count-pattern-{name}", CountVectorizer(token_pattern=pattern, max_features=60))

vectorizer("tfidf-texts", TfidfVectorizer(), older=True)
vectorizer("tfidf-texts-sublinear", TfidfVectorizer(sublinear_tf=True, norm="l1", smooth_idf=False, max_features=60),
           older=True)
vectorizer("tfidf-texts-plain", TfidfVectorizer(use_idf=False, norm=None, dtype=np.float32, max_features=40))
vectorizer("hashing", HashingVectorizer(n_features=32), older=True)
vectorizer("hashing-counts", HashingVectorizer(n_features=37, alternate_sign=False, norm=None, ngram_range=(1, 2)))
vectorizer("hashing-binary", HashingVectorizer(n_features=16, binary=True, norm="l1", analyzer="char_wb", ngram_range=(3, 3)))


def pipeline(name, *steps, y=verb, older=False):
    write(name, make_pipeline(*steps).fit(texts, y), asked, older=older)


pipeline("text-logistic", TfidfVectorizer(), LogisticRegression(C=20), older=True)
pipeline("text-logistic-two", TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(), y=likes)
pipeline("text-linear-svc", TfidfVectorizer(stop_words="english"), LinearSVC(), older=True)
pipeline("text-multinomial-nb", CountVectorizer(), TfidfTransformer(), MultinomialNB(), older=True)
pipeline("text-complement-nb", CountVectorizer(), ComplementNB())
pipeline("text-bernoulli-nb", CountVectorizer(binary=True), BernoulliNB())
pipeline("text-sgd", HashingVectorizer(n_features=256), TfidfTransformer(), SGDClassifier(loss="log_loss", random_state=0))
pipeline("text-ridge", TfidfVectorizer(), Ridge(), y=np.array([float(len(text)) for text in texts]))
pipeline("text-forest", TfidfVectorizer(max_features=40), RandomForestClassifier(8, max_depth=5, random_state=0), y=likes)
pipeline("text-svd", TfidfVectorizer(), TruncatedSVD(4, random_state=0), LogisticRegression())
pipeline("text-kmeans", TfidfVectorizer(), KMeans(3, random_state=0, n_init=1))
pipeline("text-select", TfidfVectorizer(), SelectKBest(chi2, k=20), LogisticRegression())
pipeline("text-scaled", TfidfVectorizer(max_features=50), StandardScaler(with_mean=False), LogisticRegression())
pipeline("text-union",
         FeatureUnion([("word", TfidfVectorizer()), ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3),
                                                                             max_features=120))]),
         LogisticRegression(), older=True)
pipeline("text-union-weighed",
         FeatureUnion([("word", CountVectorizer()), ("hash", HashingVectorizer(n_features=64))],
                      transformer_weights={"word": 0.5}),
         LinearSVC(), y=likes)

rng = np.random.default_rng(4)


def table(some):
    frame = pd.DataFrame({"review": some, "length": [float(len(text)) for text in some],
                          "shop": rng.choice(["north", "south"], size=len(some))})
    return frame


columns = make_pipeline(
    ColumnTransformer([("text", TfidfVectorizer(), "review"), ("numbers", StandardScaler(), ["length"]),
                       ("shops", OneHotEncoder(handle_unknown="ignore"), ["shop"])]),
    LogisticRegression(max_iter=1000))
write("text-columns", columns.fit(table(texts), likes), table(asked), older=True)
both = ColumnTransformer([("title", CountVectorizer(max_features=20), "shop"),
                          ("text", HashingVectorizer(n_features=64), "review")], remainder="passthrough",
                         sparse_threshold=0)
write("text-columns-two", make_pipeline(both, LogisticRegression(max_iter=3000)).fit(table(texts), verb), table(asked))
