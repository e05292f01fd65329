#pragma once

/// A plain function over raw pointers, built once for each class of x86-64 processors; the loader
/// takes the best. ThreadSanitizer dies in the loader's choice, so there it is built once.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define SLIPWAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SLIPWAY_CLONES
#endif
