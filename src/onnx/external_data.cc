#include "onnx/external_data.h"

#include <charconv>
#include <limits>

#include "base/utf8.h"
#include "onnx/display.h"
#include "onnx/tensor_proto.h"
#include "onnx/types.h"
#include "tensor/shape.h"

namespace slipway::onnx {
namespace {

constexpr size_t kMaxLocationBytes = 1024;

std::string_view EntryOf(const ::onnx::TensorProto& tensor, std::string_view key) {
  for (const auto& entry : tensor.external_data())
    if (entry.key() == key) return entry.value();
  return {};
}

StatusOr<uint64_t> NumberOf(const ::onnx::TensorProto& tensor, std::string_view key,
                            uint64_t missing) {
  const std::string_view text = EntryOf(tensor, key);
  if (text.empty()) return missing;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return Error(Reason::kBadModel,
                 "tensor \"{}\": external {}: expected a whole number, got \"{}\"",
                 Shown(tensor.name()), key, Shown(text));
  return value;
}

StatusOr<std::span<const std::byte>> RangeOf(const ::onnx::TensorProto& tensor,
                                             const ModelBytes::External& file) {
  ASSIGN_OR_RETURN(const uint64_t offset, NumberOf(tensor, "offset", 0));
  if (offset > file.bytes.size())
    return Error(Reason::kBadModel,
                 "tensor \"{}\": offset {} lies behind the end of \"{}\" ({} bytes)",
                 Shown(tensor.name()), offset, file.name, file.bytes.size());
  const uint64_t rest = file.bytes.size() - offset;
  ASSIGN_OR_RETURN(const uint64_t length, NumberOf(tensor, "length", rest));
  if (length > rest)
    return Error(Reason::kBadModel,
                 "tensor \"{}\": {} bytes at {} run past the end of \"{}\" ({} bytes)",
                 Shown(tensor.name()), length, offset, file.name, file.bytes.size());
  const auto dtype = DTypeOf(tensor.data_type());
  const auto range = file.bytes.subspan(offset, length);
  if (!dtype || *dtype == DType::kBytes) return range;  // ONNX Runtime knows the narrow types
  const auto needed = ByteCount(*dtype, DimsOf(tensor));
  if (!needed.ok())
    return Error(Reason::kBadModel, "tensor \"{}\": {}", Shown(tensor.name()),
                 MessageOf(needed.status()));
  if (static_cast<uint64_t>(*needed) != length)
    return Error(Reason::kBadModel, "tensor \"{}\": expected {} bytes in \"{}\", got {}",
                 Shown(tensor.name()), *needed, file.name, length);
  return range;
}

}  // namespace

Status CheckLocation(std::string_view tensor, std::string_view location) {
  const auto refuse = [&](std::string_view rule) {
    return Error(Reason::kBadModel, "tensor \"{}\": external location \"{}\" {}", Shown(tensor),
                 Shown(location), rule);
  };
  if (location.empty()) return refuse("is empty");
  if (location.size() > kMaxLocationBytes) return refuse("is longer than 1,024 bytes");
  if (!IsValidUtf8(location)) return refuse("is not UTF-8");
  if (location.front() == '/') return refuse("is absolute: a path beside the model is expected");
  for (const char c : location) {
    if (c == '\\') return refuse("holds a backslash");
    if (c == '*') return refuse("holds a '*'");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return refuse("holds a control character");
  }
  for (std::string_view rest = location; !rest.empty();) {
    const size_t slash = rest.find('/');
    if (rest.substr(0, slash) == "..") return refuse("leaves the model's folder by \"..\"");
    rest.remove_prefix(slash == rest.npos ? rest.size() : slash + 1);
  }
  return OkStatus();
}

StatusOr<std::string> LocationOf(const ::onnx::TensorProto& tensor) {
  const bool external = tensor.data_location() == ::onnx::TensorProto::EXTERNAL;
  if (!external && tensor.external_data().empty()) return std::string();
  int locations = 0;
  for (const auto& entry : tensor.external_data()) locations += entry.key() == "location";
  if (locations != 1)
    return Error(Reason::kBadModel, "tensor \"{}\": expected one external location, got {}",
                 Shown(tensor.name()), locations);
  const std::string location(EntryOf(tensor, "location"));
  RETURN_IF_ERROR(CheckLocation(tensor.name(), location));
  if (!external) return std::string();
  return location;
}

StatusOr<std::optional<std::span<const std::byte>>> ExternalBytes(
    const ::onnx::TensorProto& tensor, std::span<const ModelBytes::External> files) {
  ASSIGN_OR_RETURN(const std::string location, LocationOf(tensor));
  if (location.empty()) return std::nullopt;
  for (const auto& file : files) {
    if (file.name != location) continue;
    ASSIGN_OR_RETURN(const auto range, RangeOf(tensor, file));
    return range;
  }
  return Error(Reason::kBadModel, "tensor \"{}\": its file \"{}\" is missing", Shown(tensor.name()),
               location);
}

Status CheckExternalData(const ::onnx::GraphProto& graph,
                         std::span<const ModelBytes::External> files) {
  for (const auto& tensor : graph.initializer())
    RETURN_IF_ERROR(ExternalBytes(tensor, files).status());
  return OkStatus();
}

}  // namespace slipway::onnx
