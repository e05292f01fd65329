#include "client/arrivals.h"

#include <cmath>

namespace slipway::client {

void Arrivals::Advance() {
  ++index_;
  if (kind_ == ArrivalKind::kConstant) {
    offset_s_ = static_cast<double>(index_) * interval_s_;  // no error adds up
  } else {
    const double share = static_cast<double>(random_() >> 11) * 0x1p-53;  // [0, 1)
    offset_s_ -= std::log1p(-share) * interval_s_;
  }
  next_ = start_ + Duration(std::llround(offset_s_ * 1e9));
}

}  // namespace slipway::client
