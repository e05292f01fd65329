#include "optimise/difference.h"

#include <algorithm>
#include <cmath>

#include "tensor/half.h"

namespace slipway::optimise {
namespace {

bool IsFraction(DType dtype) {
  return dtype == DType::kFp32 || dtype == DType::kFp64 || dtype == DType::kFp16 ||
         dtype == DType::kBf16;
}

double NumberAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype) {
    case DType::kFp64:
      return tensor.as<double>()[i];
    case DType::kFp16:
      return Fp16ToFloat(tensor.as<uint16_t>()[i]);
    case DType::kBf16:
      return Bf16ToFloat(tensor.as<uint16_t>()[i]);
    default:
      return tensor.as<float>()[i];
  }
}

/// Sums over all numbers of all outputs.
struct Sums {
  double count = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0, error = 0;
  double words = 0, differing = 0;

  void Add(double x, double y) {
    ++count;
    a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
    error += (x - y) * (x - y);
  }
};

void AddFractions(const NamedTensor& a, const NamedTensor& b, Sums& sums, Difference& difference) {
  const size_t count = a.tensor.data.size() / ElementSize(a.tensor.dtype);
  for (size_t i = 0; i < count; ++i) {
    const double x = NumberAt(a.tensor, i), y = NumberAt(b.tensor, i);
    if (x == y || (std::isnan(x) && std::isnan(y))) {
      if (std::isfinite(x)) sums.Add(x, y);
      continue;
    }
    const double off = std::isfinite(x) && std::isfinite(y) ? std::fabs(x - y) : INFINITY;
    if (off > difference.largest) {
      difference.largest = off;
      difference.worst = fmt::format("{}[{}]: {} was {}", a.name, i, y, x);
    }
    if (std::isfinite(off))
      sums.Add(x, y);
    else
      sums.error = INFINITY;
  }
}

void AddWords(const Tensor& a, const Tensor& b, Sums& sums) {
  if (a.dtype == DType::kBytes) {
    BytesReader left(a.data.bytes()), right(b.data.bytes());
    for (std::string_view x, y; left.Next(&x) && right.Next(&y);) {
      ++sums.words;
      sums.differing += x != y;
    }
    return;
  }
  const size_t size = ElementSize(a.dtype);
  for (size_t i = 0; i < a.data.size(); i += size) {
    ++sums.words;
    sums.differing += !std::equal(a.data.data() + i, a.data.data() + i + size, b.data.data() + i);
  }
}

}  // namespace

StatusOr<Difference> Compare(const std::vector<NamedTensor>& original,
                             const std::vector<NamedTensor>& changed) {
  Difference difference;
  Sums sums;
  for (size_t i = 0; i < original.size(); ++i) {
    const Tensor& a = original[i].tensor;
    if (i >= changed.size() || changed[i].tensor.dtype != a.dtype ||
        changed[i].tensor.shape != a.shape)
      return Error(Reason::kInternal, "output \"{}\" is no longer {}", original[i].name,
                   ToString(a.dtype, a.shape));
    if (IsFraction(a.dtype))
      AddFractions(original[i], changed[i], sums, difference);
    else
      AddWords(a, changed[i].tensor, sums);
  }
  if (sums.words > 0) difference.differing = sums.differing / sums.words;
  if (sums.error > 0) difference.relative = std::sqrt(sums.error / std::max(sums.aa, 1e-300));
  const double spread =
      (sums.count * sums.aa - sums.a * sums.a) * (sums.count * sums.bb - sums.b * sums.b);
  if (sums.error > 0)
    difference.correlation =
        spread > 0 ? (sums.count * sums.ab - sums.a * sums.b) / std::sqrt(spread) : 0;
  return difference;
}

}  // namespace slipway::optimise
