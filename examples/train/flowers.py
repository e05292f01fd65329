"""Fisher's irises: a scikit-learn pipeline, saved as people save it.

    build/venv-examples/bin/python examples/train/flowers.py

Writes examples/classical/flowers.joblib.
"""

import pathlib

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "classical"


def main():
    irises = load_iris(as_frame=True)
    names = irises.target.map(dict(enumerate(irises.target_names)))
    model = make_pipeline(StandardScaler(), LogisticRegression())
    joblib.dump(model.fit(irises.data, names), FOLDER / "flowers.joblib")


if __name__ == "__main__":
    main()
