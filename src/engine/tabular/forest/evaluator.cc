#include "engine/tabular/forest/evaluator.h"

#include <new>

namespace slipway::forest {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Deleter {
  void operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }
};

}  // namespace

std::byte* ThreadScratch(size_t bytes) {
  thread_local std::unique_ptr<std::byte, Deleter> memory;
  thread_local size_t held = 0;
  if (held < bytes) {
    memory.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
    held = bytes;
  }
  return memory.get();
}

Isa HostIsa() {
#if defined(__x86_64__)
  static const Isa isa = [] {
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
                      __builtin_cpu_supports("popcnt");
    if (!avx2) return Isa::kPortable;
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vbmi");
    return avx512 ? Isa::kAvx512 : Isa::kAvx2;
  }();
  return isa;
#else
  return Isa::kPortable;
#endif
}

}  // namespace slipway::forest
