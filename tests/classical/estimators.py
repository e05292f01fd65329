"""The estimators of the test matrix: what the program says it supports (docs/estimators.md), and how each is made.

An estimator is made with its defaults unless PARAMETERS says more: what it must be given, or what keeps it small.
"""

import dataclasses
import importlib
import inspect
import re

from support.models import ROOT

REFERENCE = ROOT / "docs" / "estimators.md"
BINARY, MULTI, REGRESSION = "binary", "multi-class", "regression"
EXPERIMENTAL = ("enable_halving_search_cv", "enable_iterative_imputer")
IN_TEXT = {"CountVectorizer", "HashingVectorizer", "TfidfTransformer", "TfidfVectorizer"}
TAKES_ONE_COLUMN = {"IsotonicRegression"}
TAKES_LABELS = {"LabelBinarizer", "LabelEncoder"}
TAKES_TEXT = {"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"}
TAKES_CATEGORIES = {"OneHotEncoder", "OrdinalEncoder", "TargetEncoder"}
TAKES_MISSING_ONLY = {"MissingIndicator"}
TAKES_POSITIVE = {"ComplementNB", "MultinomialNB", "CategoricalNB", "TfidfTransformer"}
TAKES_ONE_COLUMN = {"IsotonicRegression"}
TAKES_SEVERAL_TARGETS = {"MultiOutputClassifier", "MultiOutputRegressor", "RegressorChain", "ClassifierChain"}
TAKES_TWO_CLASSES = {"FixedThresholdClassifier", "TunedThresholdClassifierCV"}
TAKES_TEXT_AS_OBJECTS = {"SelfTrainingClassifier"}
# Their fit does not take the rows that they answer; tests/models/sklearn has them.
NOT_FITTED_ON_ROWS = {"FrozenEstimator", "KernelCenterer"}
# Tables of which scikit-learn gives no answers to compare with.
LEFT_OUT = {
    **dict.fromkeys(["BisectingKMeans", "KMeans", "MiniBatchKMeans"], {"float32"}),  # then they refuse doubles
    **dict.fromkeys(["KBinsDiscretizer", "NearestCentroid", "QuantileRegressor"], {"boolean"}),  # an error inside scikit-learn
    # It answers otherwise to the same values as doubles.
    **dict.fromkeys(["BayesianGaussianMixture", "GaussianMixture"], {"boolean", "integer"}),
    # Of equally near neighbours it takes any.
    **dict.fromkeys(["KNeighborsClassifier", "KNeighborsRegressor"], {"boolean", "integer"}),
    **dict.fromkeys(["Isomap", "LocallyLinearEmbedding", "LocalOutlierFactor"], {"boolean", "integer"}),
    # Of equal rows the weights are of 1e9 and cancel: what is left of them are the last digits.
    "GaussianProcessRegressor": {"boolean"},
    # Categories that were not there at fitting are an error.
    "CategoricalNB": {"float64", "float32", "integer", "missing", "mixed"},
    "IsotonicRegression": {"missing", "mixed"},
    "TfidfTransformer": {"float64", "float32", "missing", "mixed"},
}
TAKES_REGRESSION = {"RANSACRegressor", "TransformedTargetRegressor", "PLSRegression", "PLSCanonical", "CCA"}


@dataclasses.dataclass(frozen=True)
class Estimator:
    package: str
    name: str
    kind: str

    @property
    def targets(self):
        if self.kind == "regressor" or self.name.endswith("Regressor") or self.name in TAKES_REGRESSION:
            return (REGRESSION,)
        if self.name in TAKES_TWO_CLASSES:
            return (BINARY,)
        if self.kind == "classifier" or self.name.endswith("Classifier"):
            return (BINARY, MULTI)
        return (BINARY, REGRESSION) if self.kind == "meta-estimator" else (BINARY,)

    def make(self, target):
        for switch in EXPERIMENTAL:
            importlib.import_module(f"sklearn.experimental.{switch}")
        package = "sklearn.feature_extraction.text" if self.name in IN_TEXT else self.package
        cls = getattr(importlib.import_module(package), self.name)
        given = PARAMETERS.get(self.name, {})
        given = given(target) if callable(given) else given
        takes_seed = "random_state" in inspect.signature(cls).parameters
        return cls(**{**({"random_state": 0} if takes_seed else {}), **given})


def _inner(target):
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    linear, tree = (Ridge, DecisionTreeRegressor) if target == REGRESSION else (LogisticRegression, DecisionTreeClassifier)
    return linear(), tree(max_depth=4, random_state=0)


def _around(target):
    return {"estimator": _inner(target)[1]}


def _named(target):
    return {"estimators": list(zip(("linear", "tree"), _inner(target)))}


def _searched(target):
    return {"estimator": _inner(target)[1], "param_grid": {"max_depth": [2, 5]}, "cv": 2}


def _drawn(target):
    return {"estimator": _inner(target)[1], "param_distributions": {"max_depth": [2, 5]}, "cv": 2}


def _scaled(target):
    from sklearn.preprocessing import StandardScaler

    return {"steps": [("scale", StandardScaler()), ("tree", _inner(target)[1])]}


def _columns(target):
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    return {"transformers": [("scaled", StandardScaler(), [0, 2]), ("ranged", MinMaxScaler(), [1])]}


def _union(target):
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    return {"transformer_list": [("scaled", StandardScaler()), ("ranged", MinMaxScaler())]}


TWO, SMALL = {"n_components": 2}, {"n_estimators": 8}
PARAMETERS = {
    **dict.fromkeys(["FactorAnalysis", "FastICA", "IncrementalPCA", "NMF", "PCA", "TruncatedSVD"], TWO),
    **dict.fromkeys(["BayesianGaussianMixture", "GaussianMixture", "MiniBatchNMF", "Nystroem", "RBFSampler"], TWO),
    **dict.fromkeys(["GaussianRandomProjection", "SparseRandomProjection"], TWO),
    **dict.fromkeys(["CCA", "PLSCanonical"], {"n_components": 1}),
    **dict.fromkeys(["AdaBoostClassifier", "AdaBoostRegressor", "IsolationForest"], SMALL),
    **dict.fromkeys(["ExtraTreesClassifier", "ExtraTreesRegressor"], SMALL),
    **dict.fromkeys(["GradientBoostingClassifier", "GradientBoostingRegressor"], SMALL),
    **dict.fromkeys(["RandomForestClassifier", "RandomForestRegressor", "RandomTreesEmbedding"], SMALL),
    **dict.fromkeys(["HistGradientBoostingClassifier", "HistGradientBoostingRegressor"], {"max_iter": 8}),
    **dict.fromkeys(["KMeans", "MiniBatchKMeans", "BisectingKMeans"], {"n_clusters": 3}),
    **dict.fromkeys(["MLPClassifier", "MLPRegressor"], {"hidden_layer_sizes": (8,), "max_iter": 30}),
    **dict.fromkeys(["SelectKBest"], {"k": 2}),
    **dict.fromkeys(["SelectFdr", "SelectFpr", "SelectFwe"], {"alpha": 0.9}),
    **dict.fromkeys(["BaggingClassifier", "BaggingRegressor"], lambda target: {**_around(target), **SMALL}),
    **dict.fromkeys(["CalibratedClassifierCV", "FixedThresholdClassifier", "TunedThresholdClassifierCV"], _around),
    **dict.fromkeys(["ClassifierChain", "MultiOutputClassifier", "MultiOutputRegressor", "RegressorChain"], _around),
    **dict.fromkeys(["OneVsOneClassifier", "OneVsRestClassifier", "OutputCodeClassifier"], _around),
    **dict.fromkeys(["RFE", "RFECV", "SelectFromModel", "SequentialFeatureSelector", "SelfTrainingClassifier"], _around),
    **dict.fromkeys(["StackingClassifier", "StackingRegressor", "VotingClassifier", "VotingRegressor"], _named),
    **dict.fromkeys(["GridSearchCV", "HalvingGridSearchCV"], _searched),
    "HalvingRandomSearchCV": lambda target: {**_drawn(target), "n_candidates": 2},
    "RandomizedSearchCV": lambda target: {**_drawn(target), "n_iter": 2},
    "ColumnTransformer": _columns,
    "FeatureUnion": _union,
    "HashingVectorizer": {"n_features": 64},  # dense in the answer
    "LocalOutlierFactor": {"novelty": True},
    "MissingIndicator": {"features": "all"},
    "Pipeline": _scaled,
    "QuantileTransformer": {"n_quantiles": 50},
    **dict.fromkeys(["GaussianRandomProjection", "SparseRandomProjection"], TWO),
    "RANSACRegressor": lambda target: {"estimator": _inner(target)[0], "min_samples": 20},
    "SparseCoder": lambda target: {"dictionary": [[1.0, 0, 0, 0], [0, 1, 0, 0]]},
    "TransformedTargetRegressor": lambda target: {"regressor": _inner(target)[0]},
}


def supported():
    """Every row of the table of supported estimators that is scikit-learn's own; boosters.py makes the others."""
    package, rows = "", []
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            package = line[3:].strip()
        elif (row := re.match(r"\| (\w+) \| ([\w -]+) \|", line)) and row[1] != "estimator":
            rows.append(Estimator(package, row[1], row[2].strip()))
    return [each for each in rows if each.package.startswith("sklearn") and each.name not in NOT_FITTED_ON_ROWS]
