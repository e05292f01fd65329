#include "engine/onnxruntime/api.h"

#include "base/utf8.h"
#include "engine/onnxruntime/library.h"

namespace slipway::onnxruntime {
namespace {

constexpr size_t kMaxMessageBytes = 400;

void Erase(std::string& text, std::string_view what) {
  for (size_t at; (at = text.find(what)) != text.npos;) text.erase(at, what.size());
}

// "…Status Message: /src/file.h:540 void Broadcast::Init(long, long) a == b was false. Reason"
// keeps what stands before the path, and the reason.
void EraseSourcePlaces(std::string& text) {
  for (size_t begin; (begin = text.find("/onnxruntime_src/")) != text.npos;) {
    constexpr std::string_view kCondition = " was false.";
    const size_t condition = text.find(kCondition, begin);
    size_t end = condition != text.npos ? condition + kCondition.size() : text.find(' ', begin);
    if (end == text.npos) end = text.size();
    while (end < text.size() && text[end] == ' ') ++end;
    text.erase(begin, end - begin);
  }
}

// Of a message that is nothing but a failed check: what was checked, which stands after the place
// and the function's signature.
std::string FailedCheck(std::string_view message) {
  const size_t begin = message.find(") ", message.find("/onnxruntime_src/"));
  if (begin == message.npos) return "ONNX Runtime gives no reason";
  return fmt::format("a check of ONNX Runtime failed: {}", message.substr(begin + 2));
}

bool HasAny(std::string_view text, std::initializer_list<std::string_view> needles) {
  for (const auto needle : needles)
    if (text.find(needle) != text.npos) return true;
  return false;
}

}  // namespace

const OrtApi& Api() {
  static const OrtApi* const api = OpenLibrary()->api;
  return *api;
}

std::string CleanMessage(std::string_view message) {
  std::string text(message);
  EraseSourcePlaces(text);
  Erase(text, "Non-zero status code returned while ");
  Erase(text, "Status Message: ");
  Erase(text, "Load model from memory failed:");
  Erase(text, "Fatal error: ");
  Erase(text, "Exception during initialization: ");
  if (text.find_first_not_of(" \n") == text.npos) text = FailedCheck(message);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (text.size() > kMaxMessageBytes) {
    text.resize(kMaxMessageBytes);
    while (!text.empty() && !IsValidUtf8(text)) text.pop_back();
    text += "…";
  }
  if (!IsValidUtf8(text)) return "(a message that is not UTF-8)";
  return text;
}

Status LoadError(OrtStatus* error) {
  const Owned<OrtStatus> owned(error);
  return MakeError(Reason::kBadModel, CleanMessage(Api().GetErrorMessage(error)));
}

Status RunError(OrtStatus* error) {
  const Owned<OrtStatus> owned(error);
  const std::string text = CleanMessage(Api().GetErrorMessage(error));
  if (HasAny(text, {"bad_alloc", "Failed to allocate", "exceeds maximum"}))
    return MakeError(Reason::kTooLarge, "the run needs more memory than it may have");
  switch (Api().GetErrorCode(error)) {
    case ORT_FAIL:
    case ORT_INVALID_ARGUMENT:
    case ORT_RUNTIME_EXCEPTION:
      return MakeError(Reason::kBadRequest, "the model refuses these inputs: " + text);
    default:
      return MakeError(Reason::kInternal, text);
  }
}

Status CallError(OrtStatus* error) {
  const Owned<OrtStatus> owned(error);
  return MakeError(Reason::kInternal, CleanMessage(Api().GetErrorMessage(error)));
}

}  // namespace slipway::onnxruntime
