#pragma once

namespace slipway {

/// Gives memory that is free back to the system: whole pages between blocks, in every heap, and the
/// end of the calling thread's own, which glibc's malloc_trim leaves alone unless it is the main
/// thread's. Without effect where malloc is not glibc's.
/// Cost: a system call for each free piece; what is allocated next faults in again.
void ReturnSpareMemory();

}  // namespace slipway
