#pragma once
// The body of /invocations, which MLflow, SageMaker and Triton under SageMaker share: told apart by
// content type, and JSON by its content. docs/dialects.md

#include <string_view>

#include "protocol/dialect/body_format.h"
#include "protocol/instances/csv_table.h"

namespace slipway::invocations {

/// A v2 infer request: an object whose "inputs" is a list of objects with a "datatype".
bool IsOpenInference(std::string_view json);

/// text/csv, application/json (MLflow's keys, or a v2 infer request), and Triton's binary form for
/// SageMaker. Another content type, charset or parameter is 415. No content type is JSON.
class BodyFormat final : public dialect::BodyFormat {
 public:
  /// @param header  of CSV whose content type does not say: "text/csv; header=absent".
  explicit BodyFormat(instances::CsvHeader header) : header_(header) {}

  Status Read(const http::Request& from, const lifecycle::ServedVersion& version,
              InferRequest& request) const override;
  Status Write(const http::Request& from, const InferRequest& request, const InferResponse& answer,
               const lifecycle::ServedVersion& version, http::Response& to) const override;

 private:
  instances::CsvHeader header_;
};

}  // namespace slipway::invocations
