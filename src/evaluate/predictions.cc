#include "evaluate/predictions.h"

#include <algorithm>

#include "evaluate/predictor.h"
#include "evaluate/table_inputs.h"

namespace slipway::evaluate {

StatusOr<Predictor> Predictor::Create(const Runner& model, const data::Target& target) {
  ASSIGN_OR_RETURN(AnswerReader answers, AnswerReader::Create(model.signature(), target));
  return Predictor(model, std::move(answers));
}

Status Predictor::Add(const data::Table& table) {
  ASSIGN_OR_RETURN(const TableInputs inputs, TableInputs::Create(model_->signature(), table));
  for (size_t begin = 0; begin < table.rows; begin += inputs.rows_per_run()) {
    const size_t end = std::min(table.rows, begin + inputs.rows_per_run());
    ASSIGN_OR_RETURN(auto request, inputs.Rows(begin, end));
    ASSIGN_OR_RETURN(const auto outputs, model_->Run(std::move(request), answers_.outputs()));
    RETURN_IF_ERROR(answers_.Read(outputs, end - begin));
  }
  return OkStatus();
}

StatusOr<Predictions> Predict(const Runner& model, const data::Table& table,
                              const data::Target& target) {
  ASSIGN_OR_RETURN(Predictor predictor, Predictor::Create(model, target));
  RETURN_IF_ERROR(predictor.Add(table));
  return predictor.Finish();
}

}  // namespace slipway::evaluate
