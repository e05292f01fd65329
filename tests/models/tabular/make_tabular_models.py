"""Models as skl2onnx writes them, for the tabular engine to be compared with ONNX Runtime.

    python3 make_tabular_models.py        needs scikit-learn and skl2onnx; writes *.onnx beside itself

Every model takes one input [-1, 6], FP32. Seeds are fixed: the same versions give the same bytes.
"""

import pathlib

import numpy
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler
from sklearn.svm import SVC, SVR, NuSVC, OneClassSVM
from sklearn.tree import DecisionTreeRegressor

FOLDER = pathlib.Path(__file__).parent
random = numpy.random.default_rng(5)
X = random.normal(size=(300, 6))
two = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
three = numpy.array(["blue", "green", "red"])[numpy.digitize(X[:, 2], [-0.5, 0.5])]
number = X @ random.normal(size=6) + numpy.sin(X[:, 0])
numbers = numpy.stack([number, -2 * number + X[:, 1]], axis=1)

MODELS = {
    "logistic_two": (make_pipeline(StandardScaler(), LogisticRegression()), two),
    "logistic_three": (make_pipeline(MinMaxScaler(), LogisticRegression()), three),
    "linear": (LinearRegression(), number),
    "ridge_two_targets": (make_pipeline(Normalizer(), Ridge()), numbers),
    "imputed": (make_pipeline(SimpleImputer(), StandardScaler(), Ridge()), number),
    "forest_two": (RandomForestClassifier(8, max_depth=4, random_state=1), two),
    "forest_three": (ExtraTreesClassifier(8, max_depth=4, random_state=1), three),
    "forest_numbers": (RandomForestRegressor(8, max_depth=4, random_state=1), number),
    "tree": (DecisionTreeRegressor(max_depth=5, random_state=1), numbers),
    "mlp_three": (MLPClassifier((12, 8), max_iter=60, random_state=1), three),
    "mlp_numbers": (MLPRegressor(hidden_layer_sizes=(12,), activation="tanh", max_iter=60, random_state=1), number),
    "bayes": (GaussianNB(), three),
    "boosting_two": (GradientBoostingClassifier(n_estimators=5, random_state=1), two),
    "svc_two": (SVC(C=0.3, kernel="sigmoid"), two),
    "svc_two_probabilities": (SVC(probability=True, random_state=1), two),
    "svc_three": (SVC(kernel="poly"), three),
    "nusvc_three_probabilities": (NuSVC(nu=0.3, probability=True, random_state=1), three),
    "svr": (SVR(), number),
    "outliers": (OneClassSVM(nu=0.1), number),
}

for name, (estimator, target) in MODELS.items():
    estimator.fit(X.astype(numpy.float32), target)
    options = {"zipmap": False} if hasattr(estimator, "predict_proba") else None
    model = convert_sklearn(
        estimator,
        name,
        [("input", FloatTensorType([None, 6]))],
        target_opset={"": 17, "ai.onnx.ml": 3},
        options={id(estimator): options} if options else None,
    )
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())
