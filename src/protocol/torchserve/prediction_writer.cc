#include "protocol/torchserve/prediction_writer.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "protocol/instances/rows.h"
#include "text/json_writer.h"

namespace slipway::torchserve {
namespace {

constexpr instances::OutputStyle kStyle{.base64_by_name = false};

using Labels = std::vector<std::string>;

/// The labels of the only output's columns; null when it has none.
const Labels* LabelsOf(std::span<const NamedTensor> outputs, const Signature& signature) {
  if (outputs.size() != 1) return nullptr;
  const Tensor& tensor = outputs[0].tensor;
  const auto index = IndexOf(signature.outputs, outputs[0].name);
  if (!index || tensor.shape.size() != 2) return nullptr;
  const Labels& labels = signature.outputs[*index].labels;
  const bool floats = tensor.dtype == DType::kFp32 || tensor.dtype == DType::kFp64;
  return floats && !labels.empty() && static_cast<int64_t>(labels.size()) == tensor.shape[1]
             ? &labels
             : nullptr;
}

template <typename Float>
void WriteClasses(std::span<const Float> scores, const Labels& labels, JsonWriter& json) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto best = order.begin() + static_cast<ptrdiff_t>(std::min(kTopClasses, order.size()));
  // NaN last: an order that comparisons with NaN alone do not give.
  std::partial_sort(order.begin(), best, order.end(), [&](size_t a, size_t b) {
    return scores[a] > scores[b] || (scores[b] != scores[b] && scores[a] == scores[a]);
  });
  json.BeginObject();
  std::for_each(order.begin(), best, [&](size_t i) { json.Key(labels[i]).Double(scores[i]); });
  json.EndObject();
}

template <typename Float>
void WriteClassRows(const Tensor& tensor, const Labels& labels, bool one, std::string& out) {
  const std::span<const Float> scores = tensor.as<Float>();
  JsonWriter json(out);
  if (one) return WriteClasses(scores, labels, json);
  json.BeginArray();
  for (size_t at = 0; at < scores.size(); at += labels.size())
    WriteClasses(scores.subspan(at, labels.size()), labels, json);
  json.EndArray();
}

bool HasOneRow(const NamedTensor& output) {
  return !output.tensor.shape.empty() && output.tensor.shape[0] == 1;
}

/// The same without the dimension of rows.
std::vector<NamedTensor> RowOf(std::span<const NamedTensor> outputs) {
  std::vector<NamedTensor> row;
  for (const auto& [name, tensor] : outputs)
    row.push_back({name,
                   {tensor.dtype, Shape(tensor.shape.begin() + 1, tensor.shape.end()),
                    Buffer(tensor.data.bytes())}});
  return row;
}

}  // namespace

Status WritePredictions(std::span<const NamedTensor> outputs, const Signature& signature, Form form,
                        std::string& out) {
  const bool one = form == Form::kRow && std::ranges::all_of(outputs, HasOneRow);
  if (const Labels* const labels = LabelsOf(outputs, signature)) {
    const Tensor& scores = outputs[0].tensor;
    if (scores.dtype == DType::kFp32)
      WriteClassRows<float>(scores, *labels, one, out);
    else
      WriteClassRows<double>(scores, *labels, one, out);
    return OkStatus();
  }
  if (one) return instances::AppendColumns(RowOf(outputs), kStyle, out);
  return instances::AppendRows(outputs, kStyle, out);
}

}  // namespace slipway::torchserve
