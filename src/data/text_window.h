#pragma once
// A text of any length, block by block: what a reader has not taken yet is kept and grows.

#include <string_view>
#include <vector>

#include "io/byte_source.h"

namespace slipway::data {

/// The text lies between bytes that may be read too: RowBatch::kLookBehind before it, kStep behind.
class TextWindow {
 public:
  static constexpr size_t kBlockBytes = size_t{128} << 10;
  static constexpr size_t kStep = 64;

  /// @param source  must outlive the window.
  explicit TextWindow(io::ByteSource& source) : source_(source) {}

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  size_t size() const { return static_cast<size_t>(end_ - begin_); }
  std::string_view text() const { return {begin_, size()}; }
  /// All of the source is in the window or was taken. Its last line ends in a line feed then,
  /// which is added when it is missing.
  bool at_end() const { return at_end_; }

  /// Takes the text before `at`.
  void MoveTo(const char* at) { begin_ = at; }
  /// Reads more; pointers into the text end to be valid.
  Status Fill();

 private:
  io::ByteSource& source_;
  std::vector<char> buffer_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  bool at_end_ = false;
};

}  // namespace slipway::data
