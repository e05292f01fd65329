#include "train/kernels/kernel.h"

#include "base/clones.h"
#include "train/algebra/functions.h"

namespace slipway::train {
namespace {

// Products of a row below which waking the team costs more than it saves.
constexpr size_t kWorthATeam = size_t{1} << 18;

SLIPWAY_CLONES void Exponents(float gamma, float own, const float* squares, float* products,
                              size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float exponent = gamma * (2 * products[i] - own - squares[i]);
    products[i] = exponent < 0 ? exponent : 0.0f;
  }
}

SLIPWAY_CLONES void Affine(float factor, float shift, float* values, size_t count) {
  for (size_t i = 0; i < count; ++i) values[i] = factor * values[i] + shift;
}

SLIPWAY_CLONES void Powers(int degree, float* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const float base = values[i];
    float power = 1;
    for (int d = 0; d < degree; ++d) power *= base;
    values[i] = power;
  }
}

}  // namespace

KernelRows::KernelRows(const Points& points, std::span<const uint32_t> which)
    : kernel_(points.kernel),
      packed_(which.size(), points.columns),
      squares_(padded()),
      diagonal_(padded()) {
  std::vector<float> row(padded());
  for (size_t i = 0; i < which.size(); ++i) {
    const float* const x = points.row(which[i]);
    packed_.Set(i, x);
    squares_[i] = Dot(x, x, points.columns);
    diagonal_[i] = kernel_.shape == KernelShape::kRadial ? 1 : squares_[i];
  }
  if (kernel_.shape != KernelShape::kRadial) Transform(nullptr, 0, groups(), diagonal_.data());
}

void KernelRows::Row(const float* x, Team* team, float* out) const {
  const size_t parts = team == nullptr || padded() * packed_.columns() < kWorthATeam
                           ? 1
                           : static_cast<size_t>(team->size());
  if (parts == 1) return PartOfRow(x, 0, groups(), out);
  team->ForEach(parts, [&](size_t part) {
    const Share share = ShareOf(groups(), part, parts);
    PartOfRow(x, share.begin, share.end, out);
  });
}

void KernelRows::PartOfRow(const float* x, size_t begin, size_t end, float* out) const {
  packed_.Products(x, begin, end, out);
  Transform(x, begin, end, out);
}

void KernelRows::Transform(const float* x, size_t begin, size_t end, float* values) const {
  const size_t first = begin * PackedRows::kGroup, count = (end - begin) * PackedRows::kGroup;
  float* const at = values + first;
  const auto gamma = static_cast<float>(kernel_.gamma);
  switch (kernel_.shape) {
    case KernelShape::kLinear:
      return;
    case KernelShape::kPolynomial:
      Affine(gamma, static_cast<float>(kernel_.coef0), at, count);
      return Powers(kernel_.degree, at, count);
    case KernelShape::kRadial:
      Exponents(gamma, Dot(x, x, packed_.columns()), squares_.data() + first, at, count);
      return Exponentials(at, count);
    case KernelShape::kSigmoid:
      Affine(gamma, static_cast<float>(kernel_.coef0), at, count);
      return HyperbolicTangents(at, count);
  }
}

}  // namespace slipway::train
