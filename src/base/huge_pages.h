#pragma once
#include <cstddef>

namespace slipway {

/// What a processor's table of addresses looks up at once, on x86-64 and on arm64 with small pages
/// of 4 KiB.
inline constexpr size_t kHugePageBytes = size_t{2} << 20;

/// `size_bytes`, a whole number of small pages, filled up to whole huge pages when at least half of
/// the last one is used.
size_t FillHugePages(size_t size_bytes);

/// Zeroed memory that begins at a huge page and lies on as many as the kernel has: one page fault
/// for 512 of the small ones, and fewer searches for addresses afterwards. Advice only: without it
/// the memory is as good. Given back by munmap. Threads: any.
/// @param size_bytes  a whole number of small pages
/// @return null when the system has no such memory
void* MapHugePages(size_t size_bytes);

}  // namespace slipway
