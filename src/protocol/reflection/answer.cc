#include "protocol/reflection/answer.h"

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"

namespace slipway::reflection {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;

// Field numbers of proto/grpc/reflection/v1/reflection.proto.
enum RequestField : uint32_t {
  kHost = 1,
  kFileByFilename = 3,
  kFileContainingSymbol,
  kFileContainingExtension,
  kAllExtensionNumbersOfType,
  kListServices,
};
enum ResponseField : uint32_t {
  kValidHost = 1,
  kOriginalRequest,
  kFileDescriptorResponse = 4,
  kAllExtensionNumbersResponse,
  kListServicesResponse,
  kErrorResponse,
};
enum ExtensionRequestField : uint32_t { kContainingType = 1 };
enum FileDescriptorField : uint32_t { kFileDescriptorProto = 1 };
enum ExtensionNumberField : uint32_t { kBaseTypeName = 1 };
enum ListServiceField : uint32_t { kService = 1 };
enum ServiceField : uint32_t { kName = 1 };
enum ErrorField : uint32_t { kErrorCode = 1, kErrorMessage };

struct Question {
  std::string_view host;
  uint32_t number = 0;        // of the field that asks; 0 = none does
  std::string_view argument;  // its bytes
};

StatusOr<Question> ReadQuestion(std::string_view request) {
  Question question;
  MessageReader reader(request);
  for (Field field; reader.Next(&field);) {
    const uint32_t number = field.number();
    if (field.tag != BytesTag(number)) continue;
    if (number == kHost) question.host = field.bytes;
    if (number >= kFileByFilename && number <= kListServices) {
      question.number = number;
      question.argument = field.bytes;
    }
  }
  RETURN_IF_ERROR(reader.status());
  return question;
}

Status WriteFiles(const StatusOr<DescriptorIndex::Files>& files, MessageWriter& writer) {
  RETURN_IF_ERROR(files.status());
  const size_t begun = writer.Begin(kFileDescriptorResponse);
  for (const std::string_view file : *files) writer.Bytes(kFileDescriptorProto, file);
  writer.End(begun);
  return OkStatus();
}

void WriteServices(const DescriptorIndex& index, MessageWriter& writer) {
  const size_t list = writer.Begin(kListServicesResponse);
  for (const std::string& name : index.services()) {
    const size_t service = writer.Begin(kService);
    writer.Bytes(kName, name);
    writer.End(service);
  }
  writer.End(list);
}

/// No contract is proto2, so there is not one extension.
Status RefuseExtension(std::string_view extension) {
  std::string_view type;
  MessageReader reader(extension);
  for (Field field; reader.Next(&field);)
    if (field.tag == BytesTag(kContainingType)) type = field.bytes;
  RETURN_IF_ERROR(reader.status());
  return Error(Reason::kNotFound, "no file extends \"{}\"", type.substr(0, 200));
}

Status WriteExtensionNumbers(const DescriptorIndex& index, std::string_view type,
                             MessageWriter& writer) {
  RETURN_IF_ERROR(index.FileDeclaring(type).status());
  const size_t begun = writer.Begin(kAllExtensionNumbersResponse);
  writer.Bytes(kBaseTypeName, type);
  writer.End(begun);
  return OkStatus();
}

Status WriteAnswer(const DescriptorIndex& index, const Question& question, MessageWriter& writer) {
  switch (question.number) {
    case kFileByFilename:
      return WriteFiles(index.FileNamed(question.argument), writer);
    case kFileContainingSymbol:
      return WriteFiles(index.FileDeclaring(question.argument), writer);
    case kFileContainingExtension:
      return RefuseExtension(question.argument);
    case kAllExtensionNumbersOfType:
      return WriteExtensionNumbers(index, question.argument, writer);
    case kListServices:
      WriteServices(index, writer);
      return OkStatus();
  }
  return MakeError(Reason::kBadRequest, "the request asks for nothing that is known here");
}

void WriteError(const Status& why, MessageWriter& writer) {
  const size_t begun = writer.Begin(kErrorResponse);
  writer.Varint(kErrorCode, static_cast<uint64_t>(InfoOf(ReasonOf(why)).grpc_code));
  writer.Bytes(kErrorMessage, MessageOf(why));
  writer.End(begun);
}

}  // namespace

StatusOr<std::string> Answer(const DescriptorIndex& index, std::string_view request) {
  ASSIGN_OR_RETURN(const Question question, ReadQuestion(request));
  std::string response;
  MessageWriter writer(response);
  writer.Bytes(kValidHost, question.host);
  writer.Bytes(kOriginalRequest, request);
  if (const Status status = WriteAnswer(index, question, writer); !status.ok())
    WriteError(status, writer);
  return response;
}

}  // namespace slipway::reflection
