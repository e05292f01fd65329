"""Which section of Debian is a program in? A scikit-learn pipeline over texts, saved as people save it.

    build/venv-examples/bin/python examples/train/sections.py

Writes examples/classical/sections.joblib: unlike topic.py, with words and lower case as scikit-learn has them.
"""

import pathlib

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from topic import load

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "classical"


def main():
    descriptions, sections = load()
    model = make_pipeline(TfidfVectorizer(stop_words="english", ngram_range=(1, 2), min_df=4), LogisticRegression(C=10))
    joblib.dump(model.fit(descriptions, sections), FOLDER / "sections.joblib", compress=3)


if __name__ == "__main__":
    main()
