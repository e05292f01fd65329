#include "protocol/tfserving/model_spec.h"

#include "base/utf8.h"
#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/tfserving/request_reader.h"

namespace slipway::tfserving {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;

enum SpecField : uint32_t { kName = 1, kVersion, kSignature, kLabel };
constexpr std::string_view kNames[] = {"", "name", "version", "signature_name", "version_label"};
enum Int64ValueField : uint32_t { kValue = 1 };

StatusOr<std::string> ReadVersion(std::string_view message) {
  int64_t number = 0;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);)
    if (field.tag == protobuf::VarintTag(kValue)) number = static_cast<int64_t>(field.value);
  RETURN_IF_ERROR(reader.status());
  return std::to_string(number);
}

StatusOr<std::string> ReadText(const Field& field) {
  if (!IsValidUtf8(field.bytes))
    return Error(Reason::kBadRequest, "field \"{}\" is not UTF-8", kNames[field.number()]);
  return std::string(field.bytes);
}

}  // namespace

StatusOr<ModelSpec> ReadModelSpec(std::string_view message) {
  ModelSpec spec;
  bool by_label = false;
  MessageReader reader(message, kNames);
  for (Field field; reader.Next(&field);) {
    switch (field.tag) {
      case BytesTag(kName): {
        ASSIGN_OR_RETURN(spec.name, ReadText(field));
        break;
      }
      case BytesTag(kVersion): {
        ASSIGN_OR_RETURN(spec.version, ReadVersion(field.bytes));
        by_label = false;
        break;
      }
      case BytesTag(kSignature): {
        ASSIGN_OR_RETURN(spec.signature, ReadText(field));
        break;
      }
      case BytesTag(kLabel): {
        ASSIGN_OR_RETURN(spec.version, ReadText(field));
        by_label = true;
      }
    }
  }
  RETURN_IF_ERROR(reader.status());
  if (spec.name.empty()) return Error(Reason::kBadRequest, "ModelSpec has no name specified.");
  if (by_label && VersionNumber::Parse(spec.version))
    return Error(Reason::kNotFound, "model \"{}\" has no label \"{}\"", spec.name, spec.version);
  return spec;
}

Status MissingModelSpec() { return MakeError(Reason::kBadRequest, "Missing ModelSpec"); }

void AppendModelSpec(uint32_t number, const lifecycle::ServedVersion& version, std::string& out) {
  MessageWriter writer(out);
  const size_t spec = writer.Begin(number);
  writer.Bytes(kName, version.name.str());
  const size_t value = writer.Begin(kVersion);
  writer.Varint(kValue, static_cast<uint64_t>(version.number.value));
  writer.End(value);
  writer.Bytes(kSignature, kSignatureName);
  writer.End(spec);
}

}  // namespace slipway::tfserving
