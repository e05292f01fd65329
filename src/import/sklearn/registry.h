#pragma once
// The table of estimators: one row a class, kept by the file of its family.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/columns.h"
#include "import/sklearn/state.h"
#include "import/sklearn/table.h"
#include "import/sklearn/writer.h"

namespace slipway::importing::sklearn {

/// One supported class.
struct Estimator {
  std::string_view package;  // public: "sklearn.linear_model", whatever private module it is in
  std::string_view name;     // "LogisticRegression"; "_…" where it only stands inside others
  EstimatorKind kind;
  /// Writes the estimator over x, which has as many columns as its n_features_in_ says.
  StatusOr<Outputs> (*write)(Writer& writer, const State& state, const Table& x);
  /// The estimator inside that is given the same x; null when its own state says what x is.
  StatusOr<State> (*takes_input_of)(const State& state) = nullptr;
  /// Columns of x when no state says (n_features_in_): LabelEncoder, text vectorizers.
  int64_t columns = 0;
  /// The columns of x when only what it holds says; or null.
  StatusOr<ModelColumns> (*columns_of)(const State& state) = nullptr;
};

// The families, each in the file of its name.
std::span<const Estimator> AdaptiveBoosting();    // adaptive_boosting.cc
std::span<const Estimator> Bagging();             // bagging.cc
std::span<const Estimator> Bins();                // bins.cc
std::span<const Estimator> Boosters();            // boosters.cc
std::span<const Estimator> Calibration();         // calibration.cc
std::span<const Estimator> Clusters();            // clusters.cc
std::span<const Estimator> Compositions();        // compositions.cc
std::span<const Estimator> DecisionTrees();       // decision_trees.cc
std::span<const Estimator> Decompositions();      // decompositions.cc
std::span<const Estimator> Delegates();           // delegates.cc
std::span<const Estimator> Dummies();             // dummies.cc
std::span<const Estimator> Encoders();            // encoders.cc
std::span<const Estimator> FeatureMaps();         // feature_maps.cc
std::span<const Estimator> GaussianProcesses();   // gaussian_processes.cc
std::span<const Estimator> Gaussians();           // gaussians.cc
std::span<const Estimator> GradientBoosting();    // gradient_boosting.cc
std::span<const Estimator> HistogramBoosting();   // histogram_boosting.cc
std::span<const Estimator> Imputers();            // imputers.cc
std::span<const Estimator> IsolationForests();    // isolation_forest.cc
std::span<const Estimator> KernelMachines();      // kernel_machines.cc
std::span<const Estimator> LinearModels();        // linear_models.cc
std::span<const Estimator> Manifolds();           // manifolds.cc
std::span<const Estimator> Multiclass();          // multiclass.cc
std::span<const Estimator> Multioutput();         // multioutput.cc
std::span<const Estimator> NaiveBayes();          // naive_bayes.cc
std::span<const Estimator> NearestCentroids();    // nearest_centroid.cc
std::span<const Estimator> Neighbors();           // neighbors.cc
std::span<const Estimator> NeuralNetworks();      // neural_networks.cc
std::span<const Estimator> Scalers();             // scalers.cc
std::span<const Estimator> Selections();          // selections.cc
std::span<const Estimator> SplineFeatures();      // spline_features.cc
std::span<const Estimator> Stacking();            // stacking.cc
std::span<const Estimator> SupportVectors();      // support_vectors.cc
std::span<const Estimator> TermWeights();         // term_weights.cc
std::span<const Estimator> TransformedTargets();  // transformed_targets.cc
std::span<const Estimator> TreeColumns();         // tree_columns.cc
std::span<const Estimator> TextVectorizers();     // text_vectorizers.cc
std::span<const Estimator> Voting();              // voting.cc

/// "sklearn.linear_model._logistic" is in "sklearn.linear_model", as that itself is.
bool IsInPackage(std::string_view module, std::string_view package);
/// All rows.
std::vector<Estimator> AllEstimators();
/// The row of a class; null when it is not supported. `module` may be any that scikit-learn ever
/// defined the class in: "sklearn.linear_model._logistic", "sklearn.linear_model.logistic".
const Estimator* FindEstimator(std::string_view module, std::string_view name);
/// kUnsupported naming the class and a supported one whose name is near.
Status UnsupportedClass(const State& state);

}  // namespace slipway::importing::sklearn
