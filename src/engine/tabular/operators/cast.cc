#include "engine/tabular/operators/cast.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "engine/tabular/operators/steps.h"
#include "onnx/types.h"

namespace slipway::tabular {
namespace {

/// What x86 and ONNX Runtime make of numbers that do not fit differs by type; here they are cut off
/// at the ends, and NaN is 0.
template <typename To, typename From>
To Convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr auto kLowest = static_cast<From>(std::numeric_limits<To>::lowest());
    constexpr auto kBeyond = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * 2;
    if (!(x >= kLowest)) return x != x ? To{0} : std::numeric_limits<To>::lowest();
    return x < kBeyond ? static_cast<To>(x) : std::numeric_limits<To>::max();
  } else {
    return static_cast<To>(x);
  }
}

using Conversion = void (*)(const void* in, size_t count, void* out);

template <typename To, typename From>
void ConvertAll(const void* in, size_t count, void* out) {
  for (size_t i = 0; i < count; ++i)
    static_cast<To*>(out)[i] = Convert<To>(static_cast<const From*>(in)[i]);
}

/// Null where one of them is text.
Conversion ConversionOf(DType from, DType to) {
  Conversion conversion = nullptr;
  VisitType(from, [&]<typename From>() {
    VisitType(to, [&]<typename To>() {
      if constexpr (!std::is_same_v<From, std::string_view> &&
                    !std::is_same_v<To, std::string_view>)
        conversion = ConvertAll<To, From>;
    });
  });
  return conversion;
}

class NumberCast final : public Cast {
 public:
  NumberCast(const Value& from, const Value& to)
      : from_(from.slot),
        to_(to.slot),
        to_dtype_(to.dtype),
        columns_(from.columns()),
        conversion_(ConversionOf(from.dtype, to.dtype)) {}

  Status Run(const Block& block) const override {
    conversion_(block.In<void>(from_), block.rows * columns_, block.Out<void>(to_));
    return OkStatus();
  }
  DType to() const override { return to_dtype_; }

 private:
  const Slot from_;
  const Slot to_;
  const DType to_dtype_;
  const size_t columns_;
  const Conversion conversion_;
};

/// Strings of numbers, as std::from_chars reads them, spaces around them allowed.
template <typename To>
Status ParseAll(const std::string_view* in, size_t count, To* out) {
  for (size_t i = 0; i < count; ++i) {
    std::string_view text = in[i];
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out[i]);
    if (error != std::errc() || end != text.data() + text.size())
      return Error(Reason::kBadRequest, "expected a number, got a text of {} bytes that is none",
                   in[i].size());
  }
  return OkStatus();
}

template <typename To>
[[gnu::cold]] void EmitParse(Lowering& node, const Value& x, const Value& y) {
  node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              return ParseAll(block.In<std::string_view>(from), block.rows * columns,
                              block.Out<To>(to));
            }),
            {x.slot}, {y.slot});
}

bool IsComputed(DType dtype) { return dtype != DType::kFp16 && dtype != DType::kBf16; }

[[gnu::cold]] Status LowerCastTo(Lowering& node, DType dtype) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype == dtype) {
    node.Give(0, x);
    return OkStatus();
  }
  if (!IsComputed(x.dtype) || !IsComputed(dtype) || dtype == DType::kBytes)
    return node.Unsupported("{} to {}", x.ToString(), NameOf(dtype));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(dtype, x.tail));
  if (x.dtype == DType::kBytes) {
    if (dtype == DType::kFp64) {
      EmitParse<double>(node, x, y);
    } else if (dtype == DType::kFp32) {
      EmitParse<float>(node, x, y);
    } else if (dtype == DType::kInt64) {
      EmitParse<int64_t>(node, x, y);
    } else {
      return node.Unsupported("{} to {}", x.ToString(), NameOf(dtype));
    }
  } else {
    node.Emit(std::make_unique<NumberCast>(x, y), {x.slot}, {y.slot});
  }
  node.Give(0, y);
  return OkStatus();
}

/// A constant cast is a constant.
[[gnu::cold]] StatusOr<Tensor> CastConstant(const Lowering& node, const Tensor& tensor,
                                            DType dtype) {
  if (tensor.dtype == dtype) return tensor;
  if (!IsComputed(tensor.dtype) || !IsComputed(dtype) || dtype == DType::kBytes ||
      tensor.dtype == DType::kBytes)
    return node.Unsupported("{} to {}", ToString(tensor.dtype, tensor.shape), NameOf(dtype));
  std::string bytes;
  VisitType(tensor.dtype, [&]<typename From>() {
    const auto elements = ElementsOf<From>(tensor);
    bytes.resize(elements.size() * SlotElementSize(dtype));
    ConversionOf(tensor.dtype, dtype)(elements.data(), elements.size(), bytes.data());
  });
  return Tensor{dtype, tensor.shape, Buffer::Own(std::move(bytes))};
}

[[gnu::cold]] Status LowerCast(Lowering& node) {
  const auto dtype = onnx::DTypeOf(static_cast<int32_t>(node.Int("to", 0)));
  if (!dtype) return node.Unsupported("to element type {}", node.Int("to", 0));
  if (!node.input(0).is_constant()) return LowerCastTo(node, *dtype);
  ASSIGN_OR_RETURN(Tensor tensor, CastConstant(node, *node.input(0).constant, *dtype));
  node.GiveConstant(0, std::move(tensor));
  return OkStatus();
}

[[gnu::cold]] Status LowerCastLike(Lowering& node) {
  return LowerCastTo(node, node.input(1).dtype);
}

}  // namespace

std::span<const Operator> CastOperators() {
  static constexpr Operator kOperators[] = {{"", "Cast", LowerCast},
                                            {"", "CastLike", LowerCastLike, 2}};
  return kOperators;
}

}  // namespace slipway::tabular
