#include "batching/joint_run.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace slipway::batching {
namespace {

// What is larger is copied out: a client that reads slowly would keep its neighbours' rows, too.
constexpr size_t kMaxShared = 256u << 10;

bool Alike(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && !a.shape.empty() && a.shape.size() == b.shape.size() &&
         std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
}

// Bytes of the next elements, which have lengths of their own.
StatusOr<size_t> NextBytes(BytesReader& reader, int64_t elements) {
  size_t bytes = 0;
  std::string_view element;
  for (int64_t i = 0; i < elements; ++i) {
    if (!reader.Next(&element)) return MakeError(Reason::kInternal, "a BYTES tensor is cut short");
    bytes += sizeof(uint32_t) + element.size();
  }
  return bytes;
}

int64_t ElementsOfARow(const Tensor& tensor) {
  return std::accumulate(tensor.shape.begin() + 1, tensor.shape.end(), int64_t{1},
                         std::multiplies<>());
}

StatusOr<std::vector<size_t>> PartSizes(const Tensor& joint, std::span<const int64_t> rows) {
  std::vector<size_t> sizes;
  BytesReader reader(joint.data.bytes());
  for (const int64_t n : rows) {
    ASSIGN_OR_RETURN(const size_t bytes, NextBytes(reader, n * ElementsOfARow(joint)));
    sizes.push_back(bytes);
  }
  return sizes;
}

Buffer Part(const Buffer& whole, size_t begin, size_t size) {
  const auto bytes = whole.bytes().subspan(begin, size);
  if (whole.size() <= kMaxShared && !whole.borrowed()) return Buffer(bytes, whole.owner());
  std::byte* copy;
  Buffer part = Buffer::Allocate(size, &copy);
  std::ranges::copy(bytes, copy);
  return part;
}

}  // namespace

bool CanJoin(const BoundRequest& a, const BoundRequest& b) {
  if (a.inputs.size() != b.inputs.size() || a.outputs != b.outputs) return false;
  for (size_t i = 0; i < a.inputs.size(); ++i) {
    const Tensor *const x = a.inputs[i], *const y = b.inputs[i];
    if (x == nullptr && y == nullptr) continue;
    if (x == nullptr || y == nullptr || !Alike(*x, *y)) return false;
  }
  return true;
}

Tensor JoinRows(std::span<const Tensor* const> parts, int64_t rows) {
  size_t size = 0;
  for (const Tensor* part : parts) size += part->data.size();
  Tensor joint{parts.front()->dtype, parts.front()->shape, {}};
  joint.shape.front() = rows;
  std::byte* end;
  joint.data = Buffer::Allocate(size, &end);
  for (const Tensor* part : parts) end = std::ranges::copy(part->data.bytes(), end).out;
  return joint;
}

StatusOr<std::vector<Tensor>> SplitRows(const Tensor& joint, std::span<const int64_t> rows) {
  const int64_t total = std::accumulate(rows.begin(), rows.end(), int64_t{0});
  if (joint.shape.empty() || joint.shape.front() != total)
    return Error(Reason::kInternal, "expected {} rows, got shape {}", total, ToString(joint.shape));
  std::vector<size_t> sizes;
  if (joint.dtype == DType::kBytes) {
    ASSIGN_OR_RETURN(sizes, PartSizes(joint, rows));
  } else {
    const size_t row_bytes = total == 0 ? 0 : joint.data.size() / static_cast<size_t>(total);
    for (const int64_t n : rows) sizes.push_back(static_cast<size_t>(n) * row_bytes);
  }
  std::vector<Tensor> parts;
  size_t begin = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    parts.push_back({joint.dtype, joint.shape, Part(joint.data, begin, sizes[i])});
    parts.back().shape.front() = rows[i];
    begin += sizes[i];
  }
  return parts;
}

Status RunJoined(const LoadedModel& model, std::span<const JointPart> parts,
                 const RunOptions& options) {
  const BoundRequest& first = *parts.front().bound;
  std::vector<int64_t> rows;
  for (const JointPart& part : parts) rows.push_back(part.rows);
  const int64_t total = std::accumulate(rows.begin(), rows.end(), int64_t{0});

  std::vector<Tensor> joined(first.inputs.size());
  std::vector<const Tensor*> inputs(first.inputs.size(), nullptr), same(parts.size());
  for (size_t i = 0; i < joined.size(); ++i) {
    if (first.inputs[i] == nullptr) continue;
    for (size_t p = 0; p < parts.size(); ++p) same[p] = parts[p].bound->inputs[i];
    joined[i] = JoinRows(same, total);
    inputs[i] = &joined[i];
  }
  std::vector<Tensor> results;
  RETURN_IF_ERROR(model.Run(inputs, first.outputs, options, results));
  for (const JointPart& part : parts) part.results->clear();
  for (size_t i = 0; i < results.size(); ++i) {
    auto split = SplitRows(results[i], rows);
    if (!split.ok())
      return Annotate(split.status(),
                      fmt::format("output \"{}\" of a joint run",
                                  model.signature().outputs[first.outputs[i]].name));
    for (size_t p = 0; p < parts.size(); ++p) parts[p].results->push_back(std::move((*split)[p]));
  }
  return OkStatus();
}

namespace {

/// The outputs of pieces as those of one run. False when they do not fit together.
bool JoinResults(const std::vector<std::vector<Tensor>>& pieces, std::span<const int64_t> sizes,
                 int64_t rows, std::vector<Tensor>& results) {
  results.clear();
  std::vector<const Tensor*> same(pieces.size());
  for (size_t i = 0; i < pieces.front().size(); ++i) {
    for (size_t p = 0; p < pieces.size(); ++p) {
      same[p] = &pieces[p][i];
      if (!Alike(*same[p], *same[0]) || same[p]->shape.front() != sizes[p]) return false;
    }
    results.push_back(JoinRows(same, rows));
  }
  return true;
}

}  // namespace

PiecewiseRun::PiecewiseRun(const BoundRequest& bound, int64_t rows, int64_t most)
    : bound_(bound), rows_(rows), most_(most), cut_(bound.inputs.size()) {}

StatusOr<Tensor> PiecewiseRun::Cut(size_t input, int64_t rows) {
  const Tensor& whole = *bound_.inputs[input];
  const auto rest = whole.data.bytes().subspan(cut_[input]);
  size_t size = whole.data.size() / static_cast<size_t>(rows_) * static_cast<size_t>(rows);
  if (whole.dtype == DType::kBytes) {
    BytesReader reader(rest);
    ASSIGN_OR_RETURN(size, NextBytes(reader, rows * ElementsOfARow(whole)));
  }
  cut_[input] += size;
  Tensor piece{whole.dtype, whole.shape, Buffer(rest.first(size), whole.data.owner())};
  piece.shape.front() = rows;
  return piece;
}

void PiecewiseRun::BeginAgain(int64_t most) {
  most_ = most;
  done_ = 0;
  std::ranges::fill(cut_, 0);
  sizes_.clear();
  pieces_.clear();
}

Status PiecewiseRun::RunNext(const LoadedModel& model, const RunOptions& options,
                             std::vector<Tensor>& results) {
  const int64_t rows = next_rows();
  std::vector<Tensor> cut(bound_.inputs.size());
  std::vector<const Tensor*> inputs(cut.size(), nullptr);
  for (size_t i = 0; i < cut.size(); ++i) {
    if (bound_.inputs[i] == nullptr) continue;
    ASSIGN_OR_RETURN(cut[i], Cut(i, rows));
    inputs[i] = &cut[i];
  }
  sizes_.push_back(rows);
  pieces_.emplace_back();
  RETURN_IF_ERROR(model.Run(inputs, bound_.outputs, options, pieces_.back()));
  done_ += rows;
  if (rows_left() > 0) return OkStatus();
  if (pieces_.size() == 1)
    results = std::move(pieces_.front());
  else if (!JoinResults(pieces_, sizes_, rows_, results))
    BeginAgain(rows_);
  return OkStatus();
}

}  // namespace slipway::batching
