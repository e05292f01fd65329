#include "evaluate/predictions.h"

#include <algorithm>

#include "evaluate/answers.h"
#include "evaluate/table_inputs.h"

namespace slipway::evaluate {

StatusOr<Predictions> Predict(const Runner& model, const data::Table& table,
                              const data::Target& target) {
  ASSIGN_OR_RETURN(const TableInputs inputs, TableInputs::Create(model.signature(), table));
  ASSIGN_OR_RETURN(AnswerReader answers, AnswerReader::Create(model.signature(), target));
  for (size_t begin = 0; begin < table.rows; begin += inputs.rows_per_run()) {
    const size_t end = std::min(table.rows, begin + inputs.rows_per_run());
    ASSIGN_OR_RETURN(auto request, inputs.Rows(begin, end));
    ASSIGN_OR_RETURN(const auto outputs, model.Run(std::move(request), answers.outputs()));
    RETURN_IF_ERROR(answers.Read(outputs, end - begin));
  }
  return answers.Finish();
}

}  // namespace slipway::evaluate
