#pragma once

/// Before a plain function over raw pointers: it is compiled for each class of x86-64 processors,
/// and the loader takes the best one. Sanitizers cannot run the loader's choice, which comes before
/// they are set up; clang leaves out inline functions that only clones call.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SLIPWAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SLIPWAY_CLONES
#endif

/// Part of the variant that calls it.
#define SLIPWAY_INLINE inline __attribute__((always_inline))
