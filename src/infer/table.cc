#include "infer/table.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <limits>

#include "base/iso8601.h"
#include "tensor/half.h"

namespace slipway {
namespace {

constexpr size_t kMaxTableBytes = size_t{256} << 20;

/// Calls `visit` with a function from an element's index to its value; not for BYTES.
template <typename Visit>
void VisitNumbers(const Tensor& tensor, Visit visit) {
  const auto plain = [&]<typename T>(T) { visit([v = tensor.as<T>()](size_t i) { return v[i]; }); };
  const auto halves = tensor.as<uint16_t>();
  switch (tensor.dtype) {
    case DType::kBool:
    case DType::kUint8:
      return plain(uint8_t{});
    case DType::kUint16:
      return plain(uint16_t{});
    case DType::kUint32:
      return plain(uint32_t{});
    case DType::kUint64:
      return plain(uint64_t{});
    case DType::kInt8:
      return plain(int8_t{});
    case DType::kInt16:
      return plain(int16_t{});
    case DType::kInt32:
      return plain(int32_t{});
    case DType::kInt64:
      return plain(int64_t{});
    case DType::kFp32:
      return plain(float{});
    case DType::kFp64:
      return plain(double{});
    case DType::kFp16:
      return visit([halves](size_t i) { return Fp16ToFloat(halves[i]); });
    case DType::kBf16:
      return visit([halves](size_t i) { return Bf16ToFloat(halves[i]); });
    case DType::kBytes:
      return;
  }
}

template <typename T>
void WriteColumns(const Tensor& from, size_t count, size_t stride, T* to) {
  VisitNumbers(from, [&](auto value) {
    for (size_t i = 0; i < count; ++i) to[i * stride] = static_cast<T>(value(i));
  });
}

/// Numbers of `from` to every `stride`-th place of `to`.
void Write(const Tensor& from, size_t count, size_t stride, DType dtype, size_t first,
           std::byte* to) {
  dtype == DType::kFp32 ? WriteColumns(from, count, stride, reinterpret_cast<float*>(to) + first)
                        : WriteColumns(from, count, stride, reinterpret_cast<double*>(to) + first);
}

/// Texts as times, to every `stride`-th place.
Status WriteTimes(const NamedTensor& sent, size_t count, size_t stride, double* to) {
  BytesReader texts(sent.tensor.data.bytes());
  std::string_view text;
  for (size_t i = 0; i < count && texts.Next(&text); ++i) {
    double& seconds = to[i * stride];
    seconds = std::numeric_limits<double>::quiet_NaN();
    if (!text.empty() && !ParseIso8601(text, &seconds))
      return Error(
          Reason::kBadRequest,
          "input \"{}\", row {}: expected a time like \"2024-02-29T23:59:59Z\", got \"{}\"",
          sent.name, i, text.substr(0, 40));
  }
  return OkStatus();
}

Status Refused(const NamedTensor& sent, const TensorSpec& spec) {
  return Error(Reason::kBadRequest, "input \"{}\": expected numbers {}, got {}", sent.name,
               ToString(spec.dtype, spec.shape), ToString(sent.tensor.dtype, sent.tensor.shape));
}

/// @param sent  who is named when it is too large.
StatusOr<Tensor> NewTable(DType dtype, Shape shape, const NamedTensor& sent, std::byte** writable) {
  ASSIGN_OR_RETURN(const auto bytes, ByteCount(dtype, shape));
  if (static_cast<size_t>(bytes) > kMaxTableBytes)
    return Error(Reason::kTooLarge, "input \"{}\": expected at most {} bytes as {}, got {}",
                 sent.name, kMaxTableBytes, NameOf(dtype), bytes);
  return Tensor{dtype, std::move(shape), Buffer::Allocate(static_cast<size_t>(bytes), writable)};
}

StatusOr<Tensor> ReadWhole(const TensorSpec& spec, const NamedTensor& sent) {
  const Tensor& tensor = sent.tensor;
  RETURN_IF_ERROR(ElementCount(tensor.shape).status());
  const bool times = tensor.dtype == DType::kBytes && spec.shape[1] == 1 && IsTime(spec, 0);
  if (!Takes(spec, tensor.shape) || (tensor.dtype == DType::kBytes && !times))
    return Refused(sent, spec);
  if (const Status data = CheckData(tensor); !data.ok())
    return Error(Reason::kBadRequest, "input \"{}\": {}", sent.name, MessageOf(data));
  std::byte* writable = nullptr;
  ASSIGN_OR_RETURN(Tensor table, NewTable(spec.dtype, tensor.shape, sent, &writable));
  const auto count = static_cast<size_t>(tensor.shape[0] * tensor.shape[1]);
  if (times)
    RETURN_IF_ERROR(WriteTimes(sent, count, 1, reinterpret_cast<double*>(writable)));
  else
    Write(tensor, count, 1, spec.dtype, 0, writable);
  return table;
}

/// `("age", "income")`, as many as a message takes.
std::string NamesOf(const std::vector<std::string>& columns) {
  constexpr size_t kMostBytes = 200;
  std::string names;
  for (const std::string& column : columns) {
    if (names.size() + column.size() > kMostBytes) {
      names += names.empty() ? "…" : ", …";
      break;
    }
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column);
  }
  return names.empty() ? names : " (" + names + ")";
}

Status CheckColumn(const NamedTensor& sent, int64_t rows, bool times) {
  const Shape& shape = sent.tensor.shape;
  const bool column = shape.size() == 1 || (shape.size() == 2 && shape[1] == 1);
  if (!column || shape[0] != rows || (sent.tensor.dtype == DType::kBytes && !times))
    return Error(Reason::kBadRequest, "input \"{}\": expected a column of {}{}, got {}", sent.name,
                 rows < 0 ? "" : fmt::format("{} ", rows), times ? "times" : "numbers",
                 ToString(sent.tensor.dtype, shape));
  if (const Status data = CheckData(sent.tensor); !data.ok())
    return Error(Reason::kBadRequest, "input \"{}\": {}", sent.name, MessageOf(data));
  return OkStatus();
}

StatusOr<Tensor> ReadColumns(const TensorSpec& spec, const std::vector<NamedTensor>& sent) {
  if (static_cast<int64_t>(sent.size()) != spec.shape[1])
    return Error(Reason::kBadRequest, "expected one input, or {} named after the columns{}, got {}",
                 spec.shape[1], NamesOf(spec.columns), sent.size());
  absl::flat_hash_map<std::string, size_t> places;
  for (size_t i = 0; i < sent.size(); ++i)
    places.emplace(spec.columns.empty() ? sent[i].name : spec.columns[i], i);
  const int64_t rows = sent.front().tensor.shape.empty() ? -1 : sent.front().tensor.shape[0];
  std::byte* writable = nullptr;
  for (const NamedTensor& column : sent) {
    const auto place = places.find(column.name);
    const bool times = place != places.end() && IsTime(spec, place->second);
    RETURN_IF_ERROR(CheckColumn(column, rows, times));
  }
  const size_t width = sent.size();
  ASSIGN_OR_RETURN(Tensor table, NewTable(spec.dtype, {rows, static_cast<int64_t>(width)},
                                          sent.front(), &writable));
  std::vector<bool> seen(width);
  for (const NamedTensor& column : sent) {
    const auto place = places.find(column.name);
    if (place == places.end())
      return Error(Reason::kBadRequest, "input \"{}\": the model has no such column{}", column.name,
                   NamesOf(spec.columns));
    if (seen[place->second])
      return Error(Reason::kBadRequest, "input \"{}\": given more than once", column.name);
    seen[place->second] = true;
    if (column.tensor.dtype == DType::kBytes)
      RETURN_IF_ERROR(WriteTimes(column, static_cast<size_t>(rows), width,
                                 reinterpret_cast<double*>(writable) + place->second));
    else
      Write(column.tensor, static_cast<size_t>(rows), width, spec.dtype, place->second, writable);
  }
  return table;
}

}  // namespace

bool TakesTable(const Signature& signature) {
  return signature.inputs.size() == 1 && signature.inputs.front().any_number;
}

StatusOr<Tensor> ReadPart(const TensorSpec& spec, const NamedTensor& sent) {
  NamedTensor part = sent;
  if (part.tensor.shape.size() == 1 && Takes(spec, Shape{part.tensor.shape[0], 1}))
    part.tensor.shape.push_back(1);
  if (spec.dtype != DType::kBytes) return ReadWhole(spec, part);
  RETURN_IF_ERROR(ElementCount(part.tensor.shape).status());
  if (!Takes(spec, part.tensor.shape) || part.tensor.dtype != DType::kBytes)
    return Error(Reason::kBadRequest, "input \"{}\": expected {}, got {}", sent.name,
                 ToString(spec.dtype, spec.shape), ToString(sent.tensor.dtype, sent.tensor.shape));
  if (const Status data = CheckData(part.tensor); !data.ok())
    return Error(Reason::kBadRequest, "input \"{}\": {}", sent.name, MessageOf(data));
  return std::move(part.tensor);
}

StatusOr<Tensor> ReadTable(const TensorSpec& spec, const std::vector<NamedTensor>& sent) {
  if (sent.size() == 1 && (spec.dtype == DType::kBytes || spec.shape[1] == 1))
    return ReadPart(spec, sent.front());
  if (spec.dtype == DType::kBytes)
    return Error(Reason::kBadRequest, "expected one input {}, got {}",
                 ToString(spec.dtype, spec.shape), sent.size());
  const bool columns =
      sent.size() > 1 || (spec.columns.size() == 1 && sent.front().tensor.shape.size() == 1);
  return columns ? ReadColumns(spec, sent) : ReadWhole(spec, sent.front());
}

}  // namespace slipway
