"""Models of ../sklearn and ../boosters as skops files, with the same answers: python make_skops.py [FOLDER]

skops 0.16.0 (protocol 2), scikit-learn 1.9.1, xgboost 3.2.0 and lightgbm 4.7.0 wrote NAME.skops; scikit-learn 1.2.2 with
skops 0.3.0 (protocol 0) and 0.8.0 (protocol 1) wrote NAME-0.3.skops and NAME-0.8.skops.
"""

import pathlib
import pickle
import shutil
import sys
import zipfile

import sklearn
import skops
import skops.io

MODELS = pathlib.Path(__file__).resolve().parents[1]
FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
# Every kind of node, and what scikit-learn keeps in each: trees, losses, sparse matrices, slices, functions, objects.
NEWEST = {
    "sklearn": ["columns-by-position", "columns-mixed", "function-log1p", "gradient-boosting", "grid-search",
                "hist-boosting-categories", "k-bins-onehot", "neighbors-distance-two", "one-hot-infrequent",
                "pipeline-forest", "sgd-classifier-log", "sparse-coefficients", "svc-probability-two"],
    "boosters": ["lightgbm_classifier", "xgboost_pipeline"],
}
OLDER = {"sklearn": ["columns-mixed-1.2", "pipeline-1.2", "random-forest-1.2"]}

is_newest = sklearn.__version__ == "1.9.1"
for area, names in (NEWEST if is_newest else OLDER).items():
    for name in names:
        source = MODELS / area / f"{name}.pkl"
        model = pickle.loads(source.read_bytes())
        if not is_newest:
            name = name.removesuffix("-1.2") + "-" + ".".join(skops.__version__.split(".")[:2])
        path = FOLDER / f"{name}.skops"
        skops.io.dump(model, path)
        if path.stat().st_size > 16_384:  # as compression=ZIP_DEFLATED does, which the oldest does not know
            with zipfile.ZipFile(path) as stored:
                members = {member: stored.read(member) for member in stored.namelist()}
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as deflated:
                for member, content in members.items():
                    deflated.writestr(member, content)
        shutil.copy(source.with_suffix(".expected.json"), path.with_suffix(".expected.json"))
