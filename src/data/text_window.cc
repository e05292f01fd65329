#include "data/text_window.h"

#include <algorithm>
#include <cstring>

#include "data/row_batch.h"

namespace slipway::data {

Status TextWindow::Fill() {
  const size_t rest = size();
  // A row of any length is looked through again at most once: what is read doubles with it.
  const size_t more = std::max(kBlockBytes, rest);
  const size_t needed = RowBatch::kLookBehind + rest + more + 1 + kStep;
  if (buffer_.size() < needed) {
    std::vector<char> larger(needed);
    if (rest > 0) std::memcpy(larger.data() + RowBatch::kLookBehind, begin_, rest);
    buffer_ = std::move(larger);
  } else if (rest > 0) {
    std::memmove(buffer_.data() + RowBatch::kLookBehind, begin_, rest);
  }
  char* const text = buffer_.data() + RowBatch::kLookBehind;
  ASSIGN_OR_RETURN(const size_t got,
                   source_.Read(std::as_writable_bytes(std::span(text + rest, more))));
  begin_ = text;
  end_ = text + rest + got;
  at_end_ = got < more;
  if (!at_end_ || end_ == begin_ || end_[-1] == '\n') return OkStatus();
  text[rest + got] = '\n';
  ++end_;
  return OkStatus();
}

}  // namespace slipway::data
