#include "stats/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <limits>

namespace slipway::stats {

double NormalCdf(double x) { return boost::math::cdf(boost::math::normal(), x); }

double NormalQuantile(double share) {
  if (share <= 0) return -std::numeric_limits<double>::infinity();
  if (share >= 1) return std::numeric_limits<double>::infinity();
  return boost::math::quantile(boost::math::normal(), share);
}

double BinomialCdf(uint64_t successes, uint64_t trials, double chance) {
  return boost::math::cdf(boost::math::binomial(static_cast<double>(trials), chance),
                          static_cast<double>(successes));
}

}  // namespace slipway::stats
