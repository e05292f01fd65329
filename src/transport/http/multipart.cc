#include "transport/http/multipart.h"

#include "transport/http/ascii.h"
#include "transport/http/media_type.h"

namespace slipway::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaxBoundary = 70;  // RFC 2046

class FormReader {
 public:
  FormReader(std::string_view form, std::string_view boundary)
      : form_(form), delimiter_(fmt::format("\r\n--{}", boundary)) {}

  StatusOr<std::vector<FormPart>> Read() && {
    RETURN_IF_ERROR(SkipPreamble());
    std::vector<FormPart> parts;
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, AfterDelimiter());
      if (!more) break;
      if (parts.size() == kMaxFormParts)
        return Error(Reason::kBadRequest, "form: expected at most {} parts", kMaxFormParts);
      const Status read = ReadPart(parts.emplace_back());
      if (!read.ok()) return Annotate(read, fmt::format("form, part {}", parts.size() - 1));
    }
    if (parts.empty()) return Error(Reason::kBadRequest, "form: expected at least one part");
    return parts;
  }

 private:
  std::string_view rest() const { return form_.substr(at_); }

  Status SkipPreamble() {
    const std::string_view first = std::string_view(delimiter_).substr(kLineEnd.size());
    if (form_.starts_with(first)) {
      at_ = first.size();
      return OkStatus();
    }
    const size_t found = form_.find(delimiter_);
    if (found == std::string_view::npos)
      return Error(Reason::kBadRequest, "form: expected a line \"{}\", got none", first);
    at_ = found + delimiter_.size();
    return OkStatus();
  }

  /// What stands after a boundary: a line's end, or "--" where the form is over.
  StatusOr<bool> AfterDelimiter() {
    if (rest().starts_with("--")) return false;
    while (rest().starts_with(' ') || rest().starts_with('\t')) ++at_;
    if (!rest().starts_with(kLineEnd))
      return Error(Reason::kBadRequest, "form, byte {}: expected a line's end or \"--\"", at_);
    at_ += kLineEnd.size();
    return true;
  }

  Status ReadPart(FormPart& part) {
    RETURN_IF_ERROR(ReadHeaders(part));
    const size_t end = form_.find(delimiter_, at_);
    if (end == std::string_view::npos)
      return Error(Reason::kBadRequest, "expected the boundary after it, got the end of the body");
    part.body = form_.substr(at_, end - at_);
    at_ = end + delimiter_.size();
    return OkStatus();
  }

  Status ReadHeaders(FormPart& part) {
    bool named = false;
    for (const size_t begin = at_;;) {
      const size_t end = form_.substr(0, begin + kMaxPartHeaderBytes).find(kLineEnd, at_);
      if (end == std::string_view::npos)
        return Error(Reason::kBadRequest, "expected headers of at most {} bytes and a blank line",
                     kMaxPartHeaderBytes);
      const std::string_view line = form_.substr(at_, end - at_);
      at_ = end + kLineEnd.size();
      if (line.empty()) break;
      named |= ReadHeader(line, part);
    }
    if (named) return OkStatus();
    return Error(Reason::kBadRequest,
                 "expected a header Content-Disposition: form-data; name=\"…\"");
  }

  /// @return whether it gave the part its name.
  static bool ReadHeader(std::string_view line, FormPart& part) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = Trim(line.substr(0, colon));
    const MediaType value = MediaType::Parse(line.substr(colon + 1));
    if (EqualsIgnoreCase(name, "content-type")) part.content_type = value.type;
    if (!EqualsIgnoreCase(name, "content-disposition") || value.type != "form-data") return false;
    const auto field = value.parameter("name");
    if (field) part.name = *field;
    return field.has_value();
  }

  std::string_view form_;
  std::string delimiter_;  // with the line's end before it, which is no part of the body
  size_t at_ = 0;
};

}  // namespace

StatusOr<std::vector<FormPart>> ReadForm(std::string_view form, std::string_view boundary) {
  if (boundary.empty() || boundary.size() > kMaxBoundary)
    return Error(Reason::kBadRequest,
                 "Content-Type: expected multipart/form-data with a boundary of 1 to {} bytes",
                 kMaxBoundary);
  return FormReader(form, boundary).Read();
}

}  // namespace slipway::http
