#include "engine/tabular/arena.h"

#include <algorithm>

namespace slipway::tabular {
namespace {

constexpr size_t kFirstChunk = size_t{64} << 10;
constexpr size_t kAlignment = alignof(std::max_align_t);

}  // namespace

void Arena::Reset(size_t limit_bytes) {
  chunk_ = used_ = taken_ = 0;
  limit_ = limit_bytes;
}

void* Arena::TakeBytes(size_t bytes) {
  const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (rounded < bytes || rounded > limit_ - taken_) return nullptr;
  taken_ += rounded;
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < rounded) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const size_t last = chunks_.empty() ? kFirstChunk / 2 : chunks_.back().size;
    const size_t size = std::max(rounded, 2 * last);
    chunks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
  }
  std::byte* const start = chunks_[chunk_].data.get() + used_;
  used_ += rounded;
  return start;
}

void Arena::Shrink(size_t bytes) {
  size_t kept = 0;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    kept += chunks_[i].size;
    if (kept <= bytes) continue;
    chunks_.resize(i);
    break;
  }
}

}  // namespace slipway::tabular
