#include "protocol/mlflow/response_writer.h"

#include "protocol/instances/prediction.h"
#include "text/json_writer.h"

namespace slipway::mlflow {

Status WriteAnswer(std::span<const NamedTensor> outputs, std::string& out) {
  out += "{\"predictions\":";
  if (outputs.size() == 1) {
    RETURN_IF_ERROR(instances::AppendPrediction(outputs[0], out));
  } else {
    out += '{';
    for (const NamedTensor& output : outputs) {
      if (&output != outputs.data()) out += ',';
      AppendJsonString(out, output.name);
      out += ':';
      RETURN_IF_ERROR(instances::AppendPrediction(output, out));
    }
    out += '}';
  }
  out += '}';
  return OkStatus();
}

}  // namespace slipway::mlflow
