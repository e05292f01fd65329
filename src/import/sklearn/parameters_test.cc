// Parameters that have no counterpart, put into fixtures in the place of those that have.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "import/sklearn/sklearn.h"

namespace slipway::importing {
namespace {

struct Change {
  std::string_view fixture, from, to, refusal;  // `to` is as long as `from`
};

std::string RefusalOf(const Change& change) {
  const std::filesystem::path path =
      std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests/models/sklearn" / change.fixture;
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  for (size_t at = bytes.find(change.from); at != std::string::npos;
       at = bytes.find(change.from, at + 1))
    bytes.replace(at, change.from.size(), change.to);
  const auto document = pickle::Read(std::as_bytes(std::span(bytes)));
  if (!document.ok()) return std::string(MessageOf(document.status()));
  const auto imported = ImportScikitLearn(**document);
  return imported.ok() ? "imported" : std::string(MessageOf(imported.status()));
}

TEST(SklearnParametersTest, ThoseWithoutCounterpartAreRefusedByName) {
  constexpr Change kChanges[] = {
      {"svc-rbf-two.pkl", "rbf", "rbg",
       "SVC: kernel: expected \"linear\", \"poly\", \"rbf\", \"sigmoid\", \"cosine\" or "
       "\"laplacian\", got rbg"},
      {"spline-linear-3.pkl", "linear", "lineal",
       "SplineTransformer: extrapolation: \"lineal\" is not known"},
      {"neighbors-uniform-two.pkl", "uniform", "Uniform",
       "KNeighborsClassifier: weights: expected \"uniform\" or \"distance\", got Uniform"},
      {"neighbors-uniform-two.pkl", "euclidean", "canberra!",
       "KNeighborsClassifier: metric: expected \"minkowski\", \"euclidean\", \"manhattan\" or "
       "\"chebyshev\", got \"canberra!\""},
      {"gradient-boosting.pkl", "log_loss", "log_lost",
       "GradientBoostingClassifier: loss: expected \"log_loss\" or \"exponential\", got "
       "\"log_lost\""},
      {"hist-boosting-regressor-poisson.pkl", "poisson", "poissom",
       "HistGradientBoostingRegressor: loss: expected one of scikit-learn's, got \"poissom\""},
      {"calibrated-sigmoid-two.pkl", "_SigmoidCalibration", "_SigmoidCalibratiom",
       "sklearn.calibration._SigmoidCalibratiom (calibrated_classifiers_[0].calibrators[0]): "
       "expected a supported estimator"},
      {"voting-soft.pkl", "GaussianNB", "GaussianNb",
       "sklearn.naive_bayes.GaussianNb (estimators_[1]): expected a supported estimator; did you "
       "mean \"GaussianNB\"?"},
  };
  for (const Change& change : kChanges) {
    ASSERT_EQ(change.from.size(), change.to.size());
    EXPECT_EQ(RefusalOf(change), change.refusal) << change.fixture;
  }
}

TEST(SklearnParametersTest, ThoseThatDisagreeWithArraysAreRefused) {
  constexpr Change kChanges[] = {
      {"svc-rbf-three.pkl", "_n_support", "_m_support", "SVC: _n_support: missing"},
      {"bagging.pkl", "estimators_features_", "estimators_featurez_",
       "BaggingClassifier: estimators_features_: missing; the estimator was not fitted before it "
       "was saved, or by a version of scikit-learn that is not known"},
      {"hist-boosting.pkl", "feature_idx", "feature_idy",
       "TreePredictor (_predictors[0][0]): nodes: expected a field feature_idx, got none"},
  };
  for (const Change& change : kChanges)
    EXPECT_EQ(RefusalOf(change), change.refusal) << change.fixture;
}

}  // namespace
}  // namespace slipway::importing
