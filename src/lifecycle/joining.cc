#include "lifecycle/joining.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "batching/joint_run.h"
#include "infer/validate.h"
#include "tensor/half.h"

namespace slipway::lifecycle {
namespace {

using batching::JointPart;
using batching::RunSize;

constexpr int kSeeds = 8;                // of made-up rows
constexpr size_t kRows = 4;              // distinct ones that the proof runs on
constexpr int64_t kMaxMadeUp = 4 << 20;  // elements of an input
// More than sums in another order differ by, less than what neighbours would change.
constexpr bundle::Tolerance kTolerance{.absolute = 1e-5, .relative = 1e-3};
constexpr double kSaves = 0.97;  // of the cost a row, for twice the rows

using Row = std::vector<Tensor>;  // one of each input, in the signature's order

template <typename T>
void AppendRaw(T value, std::string& data) {
  data.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// @param n  0 to 10.
void AppendMadeUp(DType dtype, int n, std::string& data) {
  switch (dtype) {
    case DType::kBytes:
      return AppendBytesElement(data, n % 2 == 0 ? "a" : "b");
    case DType::kFp32:
      return AppendRaw(static_cast<float>(n) / 10, data);
    case DType::kFp64:
      return AppendRaw(static_cast<double>(n) / 10, data);
    case DType::kFp16:
      return AppendRaw(DoubleToFp16(static_cast<double>(n) / 10), data);
    case DType::kBf16:
      return AppendRaw(DoubleToBf16(static_cast<double>(n) / 10), data);
    default:  // little-endian 0 or 1
      data.push_back(static_cast<char>(n % 2));
      data.append(ElementSize(dtype) - 1, '\0');
  }
}

bool Same(const Row& a, const Row& b) {
  return std::ranges::equal(a, b, [](const Tensor& x, const Tensor& y) {
    return x.shape == y.shape && std::ranges::equal(x.data.bytes(), y.data.bytes());
  });
}

void AddDistinct(Row row, std::vector<Row>& rows) {
  if (std::ranges::none_of(rows, [&](const Row& other) { return Same(row, other); }))
    rows.push_back(std::move(row));
}

/// A row that differs from those with another `seed`, of values that most models take.
StatusOr<Row> MadeUpRow(const Signature& signature, const Row* like, int seed) {
  Row row;
  for (size_t i = 0; i < signature.inputs.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    Tensor tensor{spec.dtype, like != nullptr ? (*like)[i].shape : spec.shape, {}};
    std::ranges::replace(tensor.shape, -1, 1);
    ASSIGN_OR_RETURN(const int64_t count, ElementCount(tensor.shape));
    if (count > kMaxMadeUp)
      return Error(Reason::kBadModel, "a row of input \"{}\" is too large to be made up",
                   spec.name);
    std::string data;
    for (int64_t e = 0; e < count; ++e)
      AppendMadeUp(spec.dtype, static_cast<int>((e * 7 + seed * 3) % 11), data);
    tensor.data = Buffer::Own(std::move(data));
    row.push_back(std::move(tensor));
  }
  return row;
}

/// The first rows of `tensor`, at most kRows. @param rows  all of them.
StatusOr<std::vector<Tensor>> FirstRows(const Tensor& tensor, int64_t rows) {
  const int64_t wanted = std::min<int64_t>(rows, kRows);
  ASSIGN_OR_RETURN(const auto parts,
                   batching::SplitRows(tensor, std::array{wanted, rows - wanted}));
  return batching::SplitRows(parts.front(), std::vector<int64_t>(static_cast<size_t>(wanted), 1));
}

void AddRowsOf(const bundle::Example& example, const Signature& signature, std::vector<Row>& rows) {
  std::vector<std::vector<Tensor>> by_input;
  for (const TensorSpec& spec : signature.inputs) {
    const auto given = std::ranges::find(example.inputs, spec.name, &NamedTensor::name);
    if (given == example.inputs.end() || given->tensor.shape.empty()) return;
    auto first = FirstRows(given->tensor, std::max<int64_t>(given->tensor.shape.front(), 0));
    if (!first.ok() || (!by_input.empty() && by_input.front().size() != first->size())) return;
    by_input.push_back(*std::move(first));
  }
  for (size_t r = 0; r < by_input.front().size() && rows.size() < kRows; ++r) {
    Row row;
    for (const auto& tensors : by_input) row.push_back(tensors[r]);
    AddDistinct(std::move(row), rows);
  }
}

StatusOr<std::vector<Row>> DistinctRows(const Signature& signature,
                                        const std::vector<bundle::Example>& examples) {
  std::vector<Row> rows;
  for (const bundle::Example& example : examples) AddRowsOf(example, signature, rows);
  for (int seed = 0; rows.size() < 2 && seed < kSeeds; ++seed) {
    ASSIGN_OR_RETURN(Row made, MadeUpRow(signature, rows.empty() ? nullptr : &rows.front(), seed));
    AddDistinct(std::move(made), rows);
  }
  if (rows.size() < 2) return MakeError(Reason::kBadModel, "no two different rows are known");
  return rows;
}

/// One request a row.
class Requests {
 public:
  Requests(const Signature& signature, const std::vector<Row>& rows) : bound_(rows.size()) {
    for (size_t r = 0; r < rows.size(); ++r) {
      for (const Tensor& tensor : rows[r]) bound_[r].inputs.push_back(&tensor);
      for (size_t o = 0; o < signature.outputs.size(); ++o) bound_[r].outputs.push_back(o);
      for (const Tensor& tensor : rows[r]) row_bytes_ += tensor.data.size();
    }
    row_bytes_ /= rows.size();
  }

  size_t size() const { return bound_.size(); }
  size_t row_bytes() const { return row_bytes_; }
  const BoundRequest& operator[](size_t i) const { return bound_[i]; }
  bool CanJoin() const {
    return std::ranges::all_of(
        bound_, [&](const BoundRequest& b) { return batching::CanJoin(bound_.front(), b); });
  }
  /// `rows` of them, again from the first when they are too few.
  std::vector<JointPart> Parts(size_t rows, std::vector<std::vector<Tensor>>& results) const {
    results.resize(rows);
    std::vector<JointPart> parts;
    for (size_t i = 0; i < rows; ++i)
      parts.push_back({.bound = &bound_[i % bound_.size()], .rows = 1, .results = &results[i]});
    return parts;
  }

 private:
  std::vector<BoundRequest> bound_;
  size_t row_bytes_ = 0;
};

Status CompareRows(const LoadedModel& model, const Requests& requests, const RunOptions& options) {
  const Signature& signature = model.signature();
  std::vector<std::vector<Tensor>> together;
  RETURN_IF_ERROR(RunJoined(model, requests.Parts(requests.size(), together), options));
  std::optional<Row> first;
  bool differ = false;
  for (size_t r = 0; r < requests.size(); ++r) {
    std::vector<Tensor> alone;
    RETURN_IF_ERROR(model.Run(requests[r].inputs, requests[r].outputs, options, alone));
    if (!first) first = alone;
    differ = differ || !Same(*first, alone);
    std::vector<NamedTensor> expected;
    for (size_t o = 0; o < alone.size(); ++o)
      expected.push_back({signature.outputs[o].name, alone[o]});
    RETURN_IF_ERROR(bundle::Compare(expected, together[r],
                                    std::vector<bundle::Tolerance>(alone.size(), kTolerance)));
  }
  if (!differ) return MakeError(Reason::kBadModel, "its answers do not tell rows apart");
  return OkStatus();
}

/// False when no more is to be measured.
bool Measure(const LoadedModel& model, const Requests& requests, int64_t rows,
             const RunOptions& options, const Clock& clock, batching::CostModel& cost) {
  std::vector<std::vector<Tensor>> results;
  const auto parts = requests.Parts(static_cast<size_t>(rows), results);
  Duration took{};
  for (int run = 0; run < 2; ++run) {  // the first of a shape pays for its memory
    const TimePoint start = clock.Now();
    if (!RunJoined(model, parts, options).ok()) return false;
    took = clock.Now() - start;
  }
  const RunSize size{rows, requests.row_bytes()};
  const Duration half = cost.Predict({rows / 2, requests.row_bytes()});
  cost.Observe(size, took);
  return rows == 1 || took.count() < 2 * kSaves * static_cast<double>(half.count());
}

}  // namespace

bool IsRowWise(const Signature& signature) {
  const auto has_rows = [](const TensorSpec& spec) {
    return !spec.any_rank && !spec.optional && !spec.shape.empty() && spec.shape.front() == -1;
  };
  return !signature.inputs.empty() && std::ranges::all_of(signature.inputs, has_rows) &&
         std::ranges::all_of(signature.outputs, has_rows);
}

JoiningReport ProveJoining(const LoadedModel& model, const std::vector<bundle::Example>& examples,
                           const JoiningOptions& options, const Clock& clock,
                           batching::CostModel& cost) {
  const auto no = [](std::string_view why) { return JoiningReport{.why_not = std::string(why)}; };
  const Signature& signature = model.signature();
  if (!IsRowWise(signature)) return no("not every input and output has rows");
  const auto rows = DistinctRows(signature, examples);
  if (!rows.ok()) return no(MessageOf(rows.status()));
  const Requests requests(signature, *rows);
  if (!requests.CanJoin()) return no("the examples differ in shape");
  if (4 * cost.Predict({1, requests.row_bytes()}) > options.budget)
    return no("a run takes too long");

  const TimePoint end = clock.Now() + options.budget;
  const RunOptions run{.deadline = clock.Now() + options.max_run};
  if (const Status same = CompareRows(model, requests, run); !same.ok()) return no(MessageOf(same));
  int savings = 2;  // one size may be unlucky
  for (int64_t n = 1; n <= options.max_rows && savings > 0 && clock.Now() < end; n *= 2)
    savings -= Measure(model, requests, n, run, clock, cost) ? 0 : 1;
  return {.max_rows = options.max_rows};
}

}  // namespace slipway::lifecycle
