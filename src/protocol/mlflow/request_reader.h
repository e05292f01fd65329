#pragma once
// The JSON of MLflow's scoring protocol, version 2, → InferRequest. docs/protocols/mlflow.md

#include <string_view>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/instances/json_table.h"

namespace slipway::mlflow {

/// Reads an object with exactly one of `dataframe_split`, `dataframe_records`, `instances` and
/// `inputs`. Of `params`, `outputs` is a list of names: the outputs that are wanted. Other params
/// and other keys are passed over, as MLflow does where the model does not declare them.
/// @return kBadRequest naming the key, byte, row or column; `request` is then unspecified.
Status ReadRequest(std::string_view body, const instances::TableModel& model,
                   InferRequest& request);

/// Asks for what `predict` of the model would return when nothing is asked for by name: the labels
/// of a classifier (a first output of whole numbers or texts, a second of floats for each row and
/// class), else all outputs.
void AskForPrediction(const Signature& signature, InferRequest& request);

}  // namespace slipway::mlflow
