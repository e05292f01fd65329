#include "protocol/torchserve/prediction_message.h"

#include <algorithm>

#include "base/utf8.h"
#include "protobuf/message_reader.h"

namespace slipway::torchserve {
namespace {

using http::FormPart;
using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;

enum RequestField : uint32_t { kModelName = 1, kModelVersion, kInput };
constexpr std::string_view kNames[] = {"", "model_name", "model_version", "input"};
enum EntryField : uint32_t { kKey = 1, kValue };

StatusOr<FormPart> ReadEntry(std::string_view entry) {
  FormPart part;
  MessageReader reader(entry);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kKey)) part.name = field.bytes;
    if (field.tag == BytesTag(kValue)) part.body = field.bytes;
  }
  if (!reader.status().ok()) return Annotate(reader.status(), "input");
  if (!IsValidUtf8(part.name)) return Error(Reason::kBadRequest, "input: a name is not UTF-8");
  return part;
}

/// Puts one entry in, in the place of one that has its name.
Status TakeEntry(std::string_view entry, std::vector<FormPart>& input) {
  ASSIGN_OR_RETURN(FormPart part, ReadEntry(entry));
  const auto same = std::ranges::find(input, part.name, &FormPart::name);
  if (same == input.end())
    input.push_back(std::move(part));
  else
    *same = std::move(part);
  return OkStatus();
}

}  // namespace

StatusOr<PredictionMessage> ReadPredictionMessage(std::string_view message) {
  PredictionMessage prediction;
  size_t entries = 0;
  MessageReader reader(message, kNames);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kModelName)) {
      prediction.model = field.bytes;
    } else if (field.tag == BytesTag(kModelVersion)) {
      prediction.version = field.bytes;
    } else if (field.tag == BytesTag(kInput)) {
      if (++entries > http::kMaxFormParts)
        return Error(Reason::kBadRequest, "input: expected at most {} entries",
                     http::kMaxFormParts);
      RETURN_IF_ERROR(TakeEntry(field.bytes, prediction.input));
    }
  }
  RETURN_IF_ERROR(reader.status());
  if (prediction.model.empty())
    return Error(Reason::kBadRequest, "Parameter model_name is required.");
  if (prediction.input.empty())
    return Error(
        Reason::kBadRequest,
        "input: expected an entry \"data\", or entries by the names of the model's inputs");
  return prediction;
}

}  // namespace slipway::torchserve
