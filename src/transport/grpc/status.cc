#include "transport/grpc/status.h"

#include "protobuf/message_writer.h"
#include "text/base64.h"
#include "transport/http/ascii.h"

namespace slipway::grpc {
namespace {

constexpr size_t kMaxMessage = 1024;
constexpr std::string_view kDomain = "slipway";  // of the reasons
constexpr uint64_t kRetrySeconds = 1;            // as Retry-After says

/// A google.protobuf.Any. @param write  appends its message.
template <typename F>
void AddDetail(protobuf::MessageWriter& status, std::string_view type, const F& write) {
  constexpr uint32_t kDetails = 3, kTypeUrl = 1, kValue = 2;
  const size_t any = status.Begin(kDetails);
  status.Bytes(kTypeUrl, type);
  const size_t value = status.Begin(kValue);
  write();
  status.End(value);
  status.End(any);
}

}  // namespace

int CodeOf(const Status& status) { return status.ok() ? kOk : InfoOf(ReasonOf(status)).grpc_code; }

std::string ToldMessage(std::string_view message) {
  std::string told = http::ValidUtf8(message);
  if (told.size() <= kMaxMessage) return told;
  size_t end = kMaxMessage;
  while ((static_cast<unsigned char>(told[end]) & 0xc0) == 0x80) --end;  // within a character
  told.resize(end);
  return told.append("...");
}

std::string EncodeMessage(std::string_view message) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '%') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

std::string EncodeDetails(int code, std::string_view message, Reason reason) {
  const ReasonInfo& info = InfoOf(reason);
  std::string name(info.label);
  for (char& c : name)
    if (c != '_') c = static_cast<char>(c - 'a' + 'A');
  std::string bytes;
  bytes.reserve(message.size() + 192);  // some 160 of its own
  protobuf::MessageWriter status(bytes);
  status.Varint(1, static_cast<uint64_t>(code));
  status.Bytes(2, message);
  AddDetail(status, "type.googleapis.com/google.rpc.ErrorInfo", [&] {
    status.Bytes(1, name);
    status.Bytes(2, kDomain);
  });
  if (info.retry)
    AddDetail(status, "type.googleapis.com/google.rpc.RetryInfo", [&] {
      const size_t delay = status.Begin(1);
      status.Varint(1, kRetrySeconds);
      status.End(delay);
    });
  std::string text = EncodeBase64(bytes);
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

}  // namespace slipway::grpc
