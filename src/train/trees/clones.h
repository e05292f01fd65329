#pragma once

/// Before a plain static function over pointers: it is compiled for each of these sets of
/// instructions, and the loader takes the best one that the CPU has. Sanitizers cannot run the
/// choice, which is made before they are set up.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || !defined(__x86_64__) || \
    defined(__clang__)
#define SLIPWAY_CLONES
#else
#define SLIPWAY_CLONES __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#endif
