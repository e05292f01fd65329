#pragma once

namespace slipway {

/// Lets go of the pages of this program and its libraries that were never written: code, constants,
/// and what the dynamic linker read. Those that are needed come back from the page cache, sixteen
/// with a fault; what only a start ran or read is resident no longer. Threads: any.
void ReleaseCode();

}  // namespace slipway
