#include "protocol/torchserve/prediction_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "protocol/instances/fit.h"
#include "protocol/instances/loose_json.h"
#include "protocol/instances/nested.h"
#include "transport/http/media_type.h"
#include "transport/http/query.h"

namespace slipway::torchserve {
namespace {

using http::FormPart;
using lifecycle::ServedVersion;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kFormData = "multipart/form-data";
constexpr std::string_view kUrlEncoded = "application/x-www-form-urlencoded";

bool IsData(std::string_view name) { return name == "data" || name == "body"; }

bool IsFile(const TensorSpec& spec, const FormPart& part) {
  return part.content_type != kJson && (spec.dtype == DType::kBytes || spec.dtype == DType::kUint8);
}

/// The only input that may not be left out; null when there are several.
const TensorSpec* OnlyInput(const Signature& signature) {
  const TensorSpec* only = nullptr;
  for (const TensorSpec& input : signature.inputs) {
    if (input.optional) continue;
    if (only != nullptr) return nullptr;
    only = &input;
  }
  return only;
}

/// A tensor of one BYTES element for each file.
StatusOr<Tensor> ReadTexts(std::span<const FormPart> files, const TensorSpec& spec, Arena& arena) {
  size_t size = 0;
  for (const FormPart& file : files) {
    if (file.body.size() > std::numeric_limits<uint32_t>::max())
      return Error(Reason::kTooLarge, "expected less than 4 GiB, got {} bytes", file.body.size());
    size += sizeof(uint32_t) + file.body.size();
  }
  const std::span<std::byte> wire = arena.Allocate(size);
  std::byte* to = wire.data();
  for (const FormPart& file : files) {
    const auto length = static_cast<uint32_t>(file.body.size());
    std::memcpy(to, &length, sizeof(length));
    to = std::copy_n(reinterpret_cast<const std::byte*>(file.body.data()), length,
                     to + sizeof(length));
  }
  Shape shape(std::max<size_t>(spec.shape.size(), 1), 1);
  shape[0] = static_cast<int64_t>(files.size());
  if (spec.shape.empty() && files.size() == 1) shape.clear();
  return Tensor{DType::kBytes, shape, Buffer(wire)};
}

/// The shape of files of `bytes` together: each is a row where the first dimension is free, and one
/// other dimension may follow from the size.
StatusOr<Shape> ShapeOfFiles(size_t files, size_t bytes, const TensorSpec& spec) {
  Shape shape = spec.shape;
  const auto is_free = [](int64_t dimension) { return dimension < 0; };
  if (std::ranges::count_if(shape, is_free) > 1 && is_free(shape[0]))
    shape[0] = static_cast<int64_t>(files);
  uint64_t known = 1;
  for (const int64_t dimension : shape) {
    if (is_free(dimension)) continue;
    if (__builtin_mul_overflow(known, static_cast<uint64_t>(dimension), &known)) known = 0;
  }
  const auto free = std::ranges::find_if(shape, is_free);
  const bool fits = free == shape.end() ? known == bytes : known > 0 && bytes % known == 0;
  if (!fits || std::ranges::count_if(shape, is_free) > 1)
    return Error(Reason::kBadRequest, "{} bytes in {} files do not make a tensor {}", bytes, files,
                 ToString(spec.dtype, spec.shape));
  if (free != shape.end()) *free = static_cast<int64_t>(bytes / known);
  return shape;
}

StatusOr<Tensor> ReadPixels(std::span<const FormPart> files, const TensorSpec& spec, Arena& arena) {
  size_t size = 0;
  for (const FormPart& file : files) size += file.body.size();
  ASSIGN_OR_RETURN(Shape shape, ShapeOfFiles(files.size(), size, spec));
  const std::span<std::byte> all = arena.Allocate(size);
  auto to = all.begin();
  for (const FormPart& file : files)
    to = std::ranges::copy(std::as_bytes(std::span(file.body)), to).out;
  return Tensor{DType::kUint8, std::move(shape), Buffer(all)};
}

Status ReadFiles(std::span<const FormPart> files, const TensorSpec& spec, InferRequest& request) {
  auto tensor = spec.dtype == DType::kBytes ? ReadTexts(files, spec, request.arena)
                                            : ReadPixels(files, spec, request.arena);
  if (!tensor.ok()) return Annotate(tensor.status(), fmt::format("input \"{}\"", spec.name));
  request.inputs.push_back({spec.name, *std::move(tensor)});
  return OkStatus();
}

/// @param data  at least one, all for the model's only input.
StatusOr<Form> ReadData(std::span<const FormPart> data, const ServedVersion& version,
                        InferRequest& request) {
  const TensorSpec* const only = OnlyInput(version.signature);
  const auto is_file = [&](const FormPart& part) { return only != nullptr && IsFile(*only, part); };
  if (std::ranges::all_of(data, is_file)) {
    RETURN_IF_ERROR(ReadFiles(data, *only, request));
    return data.size() == 1 ? Form::kRow : Form::kRows;
  }
  if (data.size() > 1)
    return Error(Reason::kBadRequest,
                 "expected one part \"data\", got {}: several are files for a model whose only "
                 "input is BYTES or UINT8",
                 data.size());
  const Status read =
      instances::ReadLooseJson(data[0].body, {version.signature, version.features}, request);
  if (read.ok()) return Form::kRows;
  if (data[0].content_type == kJson) return read;
  return Annotate(read, "no input takes a file, so the body is read as JSON");
}

Status ReadByName(std::span<const FormPart> parts, const Signature& signature,
                  InferRequest& request) {
  for (const FormPart& part : parts) {
    const auto index = IndexOf(signature.inputs, part.name);
    if (!index)
      return Error(Reason::kBadRequest, "part \"{}\": expected \"data\" or the name of an input",
                   part.name.substr(0, 60));
    const TensorSpec& spec = signature.inputs[*index];
    if (std::ranges::find(request.inputs, part.name, &NamedTensor::name) != request.inputs.end())
      return Error(Reason::kBadRequest, "part \"{}\" is given twice", part.name);
    if (IsFile(spec, part)) {
      RETURN_IF_ERROR(ReadFiles({&part, 1}, spec, request));
      continue;
    }
    JsonReader json(part.body, {.allow_nan_tokens = true});
    instances::NestedReader values(spec, request.arena);
    Status read = values.Read(json);
    if (read.ok()) read = json.End();
    if (!read.ok()) return Annotate(read, fmt::format("part \"{}\"", part.name));
    Tensor tensor = values.One();
    tensor.shape = instances::FitTo(spec, std::move(tensor.shape));
    request.inputs.push_back({spec.name, std::move(tensor)});
  }
  return OkStatus();
}

}  // namespace

StatusOr<Form> ReadParts(std::span<const FormPart> parts, const ServedVersion& version,
                         InferRequest& request) {
  if (std::ranges::all_of(parts, IsData, &FormPart::name)) return ReadData(parts, version, request);
  RETURN_IF_ERROR(ReadByName(parts, version.signature, request));
  return Form::kRows;
}

StatusOr<Form> ReadPrediction(const http::Request& from, const ServedVersion& version,
                              InferRequest& request) {
  const auto type = http::MediaType::Parse(from.header("content-type").value_or(""));
  if (type.type == kFormData) {
    ASSIGN_OR_RETURN(const auto parts,
                     http::ReadForm(from.body_text(), type.parameter("boundary").value_or("")));
    return ReadParts(parts, version, request);
  }
  FormPart whole{"data", type.type, from.body_text()};
  if (type.type != kUrlEncoded) return ReadData({&whole, 1}, version, request);
  // What curl -d sends: a field, or a body that is no form at all.
  const auto field = http::QueryValue(from.body_text(), "data");
  if (field.ok() && *field) whole.body = **field;
  return ReadData({&whole, 1}, version, request);
}

}  // namespace slipway::torchserve
