#include "transport/http/block.h"

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <cstring>

namespace slipway::http {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kPage = 4096;

size_t RoundUp(size_t size) {
  if (size <= Block::kSmallest) return Block::kSmallest;
  if (size < Block::kMapped) return std::bit_ceil(size);
  return (size + kPage - 1) / kPage * kPage;
}

}  // namespace

Block Block::Allocate(size_t size) {
  Block block;
  const size_t rounded = RoundUp(size);
  void* memory;
  if (rounded < kMapped) {
    memory = std::aligned_alloc(kAlignment, rounded);
  } else {
    memory = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) memory = nullptr;
  }
  if (memory == nullptr) return block;
  block.data_ = static_cast<char*>(memory);
  block.size_ = rounded;
  return block;
}

bool Block::Grow(size_t size, size_t used) {
  const size_t rounded = RoundUp(size);
  if (size_ >= kMapped) {
    void* const moved = ::mremap(data_, size_, rounded, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) return false;
    data_ = static_cast<char*>(moved);
    size_ = rounded;
    return true;
  }
  Block larger = Allocate(rounded);
  if (!larger) return false;
  std::memcpy(larger.data_, data_, used);
  swap(larger);
  return true;
}

void Block::Release() {
  if (data_ == nullptr) return;
  if (size_ < kMapped)
    std::free(data_);
  else
    ::munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

Block BlockPool::Remove(size_t index) {
  Block block = std::move(blocks_[index]);
  blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(index));
  bytes_ -= block.size();
  unused_ = std::min(unused_, index);
  return block;
}

Block BlockPool::Take(size_t least, size_t wanted) {
  const auto warmest = [&](size_t size) {
    size_t i = blocks_.size();
    // A small request must not carry off the large block that the next upload could use.
    while (i > 0 && (blocks_[i - 1].size() < size || blocks_[i - 1].size() / 8 > RoundUp(wanted)))
      --i;
    return i;
  };
  size_t found = warmest(wanted);
  if (found == 0 && least < wanted) found = warmest(least);
  return found > 0 ? Remove(found - 1) : Block::Allocate(least);
}

void BlockPool::Give(Block block) {
  if (!block || blocks_.size() == kMaxBlocks || bytes_ + block.size() > kMaxBytes) return;
  bytes_ += block.size();
  blocks_.push_back(std::move(block));
}

void BlockPool::Trim() {
  for (size_t i = 0; i < unused_; ++i) bytes_ -= blocks_[i].size();
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<ptrdiff_t>(unused_));
  unused_ = blocks_.size();
}

}  // namespace slipway::http
