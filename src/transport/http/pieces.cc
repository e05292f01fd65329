#include "transport/http/pieces.h"

#include <algorithm>

namespace slipway::http {

Pieces::Pieces(std::string_view head, std::string_view body, std::span<const BodyPart> parts)
    : head_(head), body_(body), parts_(parts), left_(head.size() + body.size()) {
  for (const BodyPart& part : parts) left_ += part.bytes.size();
}

std::string_view Pieces::At(size_t index) const {
  if (index == 0) return head_;
  if (index == 1) return body_;
  const auto bytes = parts_[index - 2].bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Pieces::Advance(size_t bytes) {
  left_ -= bytes;
  offset_ += bytes;
  while (at_ < count() && offset_ >= At(at_).size()) offset_ -= At(at_++).size();
}

void Pieces::Take(size_t bytes, std::string& out) {
  while (bytes > 0) {
    const std::string_view now = At(at_).substr(offset_, bytes);
    out.append(now);
    Advance(now.size());
    bytes -= now.size();
  }
}

size_t Pieces::List(std::span<iovec> list) const {
  size_t filled = 0, offset = offset_;
  for (size_t i = at_; i < count() && filled < list.size(); ++i) {
    const std::string_view piece = At(i).substr(offset);
    offset = 0;
    if (!piece.empty()) list[filled++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  return filled;
}

}  // namespace slipway::http
