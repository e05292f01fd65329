#pragma once
// The kinds of estimators there are; a kind's file says what it does.

#include "train/estimator.h"

namespace slipway::train {

// linear/, kernels/, networks/, trees/: one declaration a kind, sorted.
extern const EstimatorKind kBoosting;
extern const EstimatorKind kConstant;
extern const EstimatorKind kElasticNet;
extern const EstimatorKind kExtraTrees;
extern const EstimatorKind kForest;
extern const EstimatorKind kLasso;
extern const EstimatorKind kLinear;
extern const EstimatorKind kLinearSvm;
extern const EstimatorKind kLogistic;
extern const EstimatorKind kNaiveBayes;
extern const EstimatorKind kNeighbors;
extern const EstimatorKind kNetwork;
extern const EstimatorKind kRidge;
extern const EstimatorKind kSgd;
extern const EstimatorKind kSvm;
extern const EstimatorKind kTree;

}  // namespace slipway::train
