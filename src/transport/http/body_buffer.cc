#include "transport/http/body_buffer.h"

#include <algorithm>
#include <cstring>

namespace slipway::http {

Status BodyTooLarge(size_t limit) {
  return Error(Reason::kTooLarge, "body: at most {} bytes are accepted", limit);
}

Status OutOfBodyMemory() {
  return MakeError(Reason::kOverloaded, "body: the memory for request bodies is used up");
}

void BodyBuffer::Start(size_t aligned_offset, size_t budget_limit) {
  Release();
  pad_ = (kAlignment - aligned_offset % kAlignment) % kAlignment;
  limit_ = budget_limit;
}

bool BodyBuffer::Charge() {
  const size_t due = block_.size() > Budget::kFree ? block_.size() : 0;
  if (due > charged_) {
    if (!budget_.Charge(due - charged_, limit_)) return false;
    charged_ = due;
  }
  return true;
}

void BodyBuffer::Uncharge() {
  if (charged_ > 0) budget_.Release(charged_);
  charged_ = 0;
}

bool BodyBuffer::Reserve(size_t more, size_t expected) {
  const size_t need = pad_ + size_ + more;
  if (block_ && block_.size() >= need) return true;
  if (!block_) {
    block_ = pool_.Take(need, std::max(need, pad_ + expected));
    return block_ && Charge();
  }
  // Fourfold while that is below what the body claims, so that a large upload is copied little.
  const size_t target = std::max(need, std::min(block_.size() * 4, pad_ + expected));
  return block_.Grow(target, pad_ + size_) && Charge();
}

bool BodyBuffer::Append(std::span<const char> bytes, size_t expected) {
  if (bytes.empty()) return true;
  if (!Reserve(bytes.size(), expected)) return false;
  std::memcpy(room().data(), bytes.data(), bytes.size());
  Commit(bytes.size());
  return true;
}

void BodyBuffer::Release() {
  if (!block_) return;
  Uncharge();
  pool_.Give(std::move(block_));
  block_ = Block();
  size_ = 0;
}

}  // namespace slipway::http
