#include "engine/tabular/arithmetic/arithmetic.h"

#include <vector>

#include "engine/tabular/arithmetic/variants.h"

namespace slipway::tabular {
namespace {

std::vector<const Arithmetic*> Detect() {
  std::vector<const Arithmetic*> available;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    available.push_back(&kAvx512Arithmetic);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    available.push_back(&kAvx2Arithmetic);
#endif
  available.push_back(&kPortableArithmetic);
  return available;
}

}  // namespace

std::span<const Arithmetic* const> AvailableArithmetic() {
  static const std::vector<const Arithmetic*> available = Detect();
  return available;
}

const Arithmetic& BestArithmetic() { return *AvailableArithmetic().front(); }

}  // namespace slipway::tabular
