#pragma once

namespace slipway {

/// Lets go of the pages of code of this program and its libraries. Those that are needed come back
/// from the page cache, sixteen with a fault; what only a start ran is resident no longer. Threads:
/// any.
void ReleaseCode();

}  // namespace slipway
