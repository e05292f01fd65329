#pragma once
// Opens and closes a part of a file that is compiled for one instruction set, whatever the rest of
// the program is compiled for. Only functions of unnamed namespaces may stand in it: a weak symbol
// compiled there could be the one that the linker keeps for older processors (a test looks).
// Private to the folder.

#if defined(__x86_64__)
#include <immintrin.h>

#define SLIPWAY_PRAGMA(text) _Pragma(#text)
#define SLIPWAY_AVX2 "avx2,bmi,bmi2,popcnt,lzcnt"
#define SLIPWAY_AVX512 "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx2,bmi,bmi2,popcnt,lzcnt"
#if defined(__clang__)
#define SLIPWAY_BEGIN_ISA_(set) \
  SLIPWAY_PRAGMA(clang attribute push(__attribute__((target(set))), apply_to = function))
#define SLIPWAY_END_ISA SLIPWAY_PRAGMA(clang attribute pop)
#else
#define SLIPWAY_BEGIN_ISA_(set) SLIPWAY_PRAGMA(GCC push_options) SLIPWAY_PRAGMA(GCC target(set))
#define SLIPWAY_END_ISA SLIPWAY_PRAGMA(GCC pop_options)
#endif
#define SLIPWAY_BEGIN_ISA(set) SLIPWAY_BEGIN_ISA_(set)
#endif
