#include "base/huge_heap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "base/spare_memory.h"

namespace slipway {

HugeHeap::HugeHeap(size_t size_bytes) {
  // A heap grows by pages, too little for the kernel to put a huge one there. One block that is
  // never touched makes it grow at once; freed, it is the end of the heap, which later blocks take.
  void* const block = std::malloc(size_bytes);
  if (block == nullptr) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(block);
  const uintptr_t begin = (start + page - 1) / page * page;
  const uintptr_t end = (start + size_bytes) / page * page;
  if (begin < end) {
    begin_ = reinterpret_cast<std::byte*>(begin);
    size_ = end - begin;
    madvise(begin_, size_, MADV_HUGEPAGE);
  }
  std::free(block);
}

HugeHeap::~HugeHeap() {
  // Or the kernel would fill the holes that a long life leaves in the heap.
  if (size_ > 0) madvise(begin_, size_, MADV_NOHUGEPAGE);
  ReturnSpareMemory();
}

}  // namespace slipway
