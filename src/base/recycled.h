#pragma once
// Memory for objects that come and go by the thousand a second, dozens at a time: malloc keeps
// seven of a size for a thread and merges and splits the others again and again.

#include <array>
#include <cstddef>
#include <new>

namespace slipway {

/// Not under AddressSanitizer, so that it sees what is used too late. g++ defines a macro, clang
/// has a feature.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kRecycles = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kRecycles = false;
#else
inline constexpr bool kRecycles = true;
#endif
#else
inline constexpr bool kRecycles = true;
#endif

/// Blocks of one size and alignment; each thread keeps some of those it was given back for its
/// next. Threads: any; a block may be given back by another thread than it was taken by.
template <size_t kSize, size_t kAlign>
class Recycled {
 public:
  static void* Take() {
    Kept& kept = OfThread();
    return kept.count > 0 ? kept.blocks[--kept.count]
                          : ::operator new(kSize, std::align_val_t{kAlign});
  }
  static void GiveBack(void* block) {
    Kept& kept = OfThread();
    if (kept.count < kept.blocks.size())
      kept.blocks[kept.count++] = block;
    else
      ::operator delete(block, std::align_val_t{kAlign});
  }

 private:
  static constexpr size_t kKept = kRecycles ? 128 : 0;
  struct Kept {
    std::array<void*, kKept> blocks;
    size_t count = 0;
    ~Kept() {
      while (count > 0) ::operator delete(blocks[--count], std::align_val_t{kAlign});
    }
  };
  static Kept& OfThread() {
    static thread_local Kept kept;
    return kept;
  }
};

/// For std::allocate_shared, and containers of nodes.
template <typename T>
struct RecyclingAllocator {
  using value_type = T;
  RecyclingAllocator() = default;
  template <typename U>
  RecyclingAllocator(const RecyclingAllocator<U>&) {}

  T* allocate(size_t count) {
    return static_cast<T*>(count == 1 ? Blocks::Take() : ::operator new(count * sizeof(T)));
  }
  void deallocate(T* block, size_t count) {
    if (count == 1) return Blocks::GiveBack(block);
    ::operator delete(block);
  }
  bool operator==(const RecyclingAllocator&) const { return true; }

 private:
  using Blocks = Recycled<sizeof(T), alignof(T)>;
};

}  // namespace slipway
