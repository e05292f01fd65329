#include "optimise/rows.h"

#include <algorithm>
#include <cstring>

#include "evaluate/table_inputs.h"

namespace slipway::optimise {
namespace {

constexpr size_t kRowsAtOnce = 32;
constexpr uint64_t kSeed = 0;

/// Where row `row` of `count` begins in the bytes of a tensor.
size_t OffsetOf(const Tensor& tensor, size_t row, size_t count) {
  if (tensor.dtype != DType::kBytes) return tensor.data.size() / std::max<size_t>(count, 1) * row;
  const int64_t elements = ElementCount(tensor.shape).value_or(0);
  const size_t before = static_cast<size_t>(elements) / std::max<size_t>(count, 1) * row;
  size_t offset = 0;
  BytesReader reader(tensor.data.bytes());
  std::string_view element;
  for (size_t i = 0; i < before && reader.Next(&element); ++i) offset += 4 + element.size();
  return offset;
}

Tensor RowsOf(const Tensor& tensor, size_t begin, size_t end, size_t count) {
  const size_t from = OffsetOf(tensor, begin, count), to = OffsetOf(tensor, end, count);
  Shape shape = tensor.shape;
  shape[0] = static_cast<int64_t>(end - begin);
  return {tensor.dtype, shape,
          Buffer(tensor.data.bytes().subspan(from, to - from), tensor.data.owner())};
}

Tensor Joined(std::span<const Tensor> parts) {
  std::string bytes;
  Shape shape = parts.front().shape;
  int64_t rows = 0;
  for (const Tensor& part : parts) {
    bytes.append(reinterpret_cast<const char*>(part.data.data()), part.data.size());
    if (!part.shape.empty()) rows += part.shape[0];
  }
  if (!shape.empty()) shape[0] = rows;
  return {parts.front().dtype, shape, Buffer::Own(std::move(bytes))};
}

}  // namespace

Rows Rows::Slice(size_t begin, size_t end) const {
  Rows part{{}, end - begin};
  for (const NamedTensor& input : inputs)
    part.inputs.push_back({input.name, RowsOf(input.tensor, begin, end, count)});
  return part;
}

Rows Rows::Select(std::span<const uint32_t> rows) const {
  Rows selected{{}, rows.size()};
  for (const NamedTensor& input : inputs) {
    std::vector<Tensor> parts;
    for (const uint32_t row : rows) parts.push_back(RowsOf(input.tensor, row, row + 1, count));
    selected.inputs.push_back({input.name, Joined(parts)});
  }
  return selected;
}

Rows Rows::Sample(size_t most) const {
  return count <= most ? *this : Select(EvenlySpread(count, most));
}

LabelledRows LabelledRows::Select(std::span<const uint32_t> selected) const {
  LabelledRows part{.rows = rows.Select(selected), .target = {}, .table = table.Select(selected)};
  if (target) part.target = target->Select(selected);
  if (!weights.empty())
    for (const uint32_t row : selected) part.weights.push_back(weights[row]);
  if (group) part.group = group->Select(selected);
  if (time) part.time = time->Select(selected);
  return part;
}

LabelledRows LabelledRows::Sample(size_t most) const {
  return rows.count <= most ? *this : Select(EvenlySpread(rows.count, most));
}

data::SplitOptions LabelledRows::Splitting(uint64_t seed) const {
  return {.kind = group    ? data::SplitKind::kGrouped
                  : time   ? data::SplitKind::kTime
                  : target ? data::SplitKind::kStratified
                           : data::SplitKind::kRandom,
          .seed = seed,
          .target = target ? &*target : nullptr,
          .group = group ? &*group : nullptr,
          .time = time ? &*time : nullptr};
}

StatusOr<CalibrationSplit> SplitForCalibration(const LabelledRows& rows, size_t calibration) {
  const size_t count = rows.rows.count, taken = std::min(calibration, count / 2);
  if (taken == 0) return CalibrationSplit{rows, rows};
  const double judged = (static_cast<double>(count - taken) - 0.5) / static_cast<double>(count);
  ASSIGN_OR_RETURN(const data::Split split, data::SplitOnce(count, judged, rows.Splitting(kSeed)));
  return CalibrationSplit{rows.Select(split.train), rows.Select(split.test)};
}

std::vector<uint32_t> EvenlySpread(size_t count, size_t most) {
  most = std::min(most, count);
  std::vector<uint32_t> rows;
  for (size_t i = 0; i < most; ++i) rows.push_back(static_cast<uint32_t>(i * count / most));
  return rows;
}

StatusOr<Rows> RowsOfTable(const data::Table& table, Signature signature) {
  for (TensorSpec& input : signature.inputs)  // whole batches are cut later
    if (!input.shape.empty()) input.shape[0] = -1;
  ASSIGN_OR_RETURN(const auto inputs, evaluate::TableInputs::Create(signature, table));
  ASSIGN_OR_RETURN(auto tensors, inputs.Rows(0, table.rows));
  return Rows{std::move(tensors), table.rows};
}

size_t BatchOf(const Signature& signature, size_t wish) {
  for (const TensorSpec& input : signature.inputs)
    if (!input.any_rank && !input.shape.empty() && input.shape[0] > 0)
      return static_cast<size_t>(input.shape[0]);
  return wish;
}

Status CheckWholeBatches(const Signature& signature, const Rows& rows) {
  const size_t batch = BatchOf(signature, 1), left = rows.count % batch;
  if (left == 0) return OkStatus();
  return Error(Reason::kBadRequest,
               "the model takes {} rows at once: of {} rows, {} would not be judged", batch,
               rows.count, left);
}

Status RunBatches(const evaluate::Runner& model, const Rows& rows, size_t batch,
                  const std::vector<std::string>& outputs,
                  const std::function<Status(std::vector<NamedTensor>, size_t)>& take) {
  const size_t step = BatchOf(model.signature(), batch);
  const bool fixed = BatchOf(model.signature(), 0) > 0;
  if (fixed && rows.count < step)
    return Error(Reason::kBadRequest, "the model takes {} rows at once, the data has {}", step,
                 rows.count);
  for (size_t begin = 0; begin < rows.count; begin += step) {
    const size_t end = std::min(begin + step, rows.count);
    if (fixed && end - begin < step) break;
    ASSIGN_OR_RETURN(auto results, model.Run(rows.Slice(begin, end).inputs, outputs));
    RETURN_IF_ERROR(take(std::move(results), begin));
  }
  return OkStatus();
}

StatusOr<std::vector<NamedTensor>> RunRows(const evaluate::Runner& model, const Rows& rows) {
  std::vector<NamedTensor> joined;
  std::vector<std::vector<Tensor>> parts;
  RETURN_IF_ERROR(RunBatches(model, rows, kRowsAtOnce, {}, [&](auto results, size_t) {
    parts.resize(results.size());
    joined.resize(results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      joined[i].name = results[i].name;
      parts[i].push_back(std::move(results[i].tensor));
    }
    return OkStatus();
  }));
  for (size_t i = 0; i < joined.size(); ++i) joined[i].tensor = Joined(parts[i]);
  return joined;
}

}  // namespace slipway::optimise
