#include "protocol/tfserving/example_message.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "infer/spec_finder.h"
#include "protobuf/message_reader.h"
#include "protocol/tfserving/example_reader.h"
#include "tensor/half.h"

namespace slipway::tfserving {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;

enum InputField : uint32_t { kExampleList = 1, kExampleListWithContext };
enum ListField : uint32_t { kExamples = 1, kContext };
enum ExampleField : uint32_t { kFeatures = 1 };
enum FeaturesField : uint32_t { kFeature = 1 };
enum EntryField : uint32_t { kKey = 1, kValue };
enum Kind : uint32_t { kBytesList = 1, kFloatList, kInt64List };
enum ValuesField : uint32_t { kValues = 1 };
constexpr std::string_view kKinds[] = {"nothing", "bytes_list", "float_list", "int64_list"};

/// The values of one input in all examples, in wire form.
class Values {
 public:
  explicit Values(DType dtype) : dtype_(dtype) {}

  size_t count() const { return count_; }
  const std::string& wire() const { return wire_; }

  /// @param feature  a Feature.
  Status Read(std::string_view feature) {
    uint32_t kind = 0;
    std::string_view list;
    MessageReader reader(feature);
    for (Field field; reader.Next(&field);)
      if (field.number() <= kInt64List && field.tag == BytesTag(field.number())) {
        kind = field.number();
        list = field.bytes;
      }
    RETURN_IF_ERROR(reader.status());
    MessageReader values(list);
    for (Field field; values.Next(&field);)
      if (field.number() == kValues) RETURN_IF_ERROR(ReadValues(kind, field));
    return values.status();
  }

 private:
  Status ReadValues(uint32_t kind, const Field& field) {
    const bool packed = field.tag == BytesTag(kValues);
    Status added;
    const auto add = [&](auto value) {
      if (added.ok()) added = AddNumber(value);
    };
    if (kind == kBytesList && packed && dtype_ == DType::kBytes) {
      AppendBytesElement(wire_, field.bytes);
      ++count_;
    } else if (kind == kBytesList || dtype_ == DType::kBytes) {
      return WrongKind(kind);
    } else if (kind == kFloatList && packed) {
      if (field.bytes.size() % sizeof(float) != 0)
        return Error(Reason::kBadRequest, "its last number is truncated");
      for (size_t at = 0; at < field.bytes.size(); at += sizeof(float)) {
        float value;
        std::memcpy(&value, field.bytes.data() + at, sizeof(value));
        add(value);
      }
    } else if (kind == kFloatList) {
      add(std::bit_cast<float>(static_cast<uint32_t>(field.value)));
    } else if (!packed) {
      add(static_cast<int64_t>(field.value));
    } else if (!protobuf::ReadPackedVarints(
                   field.bytes, [&](uint64_t bits) { add(static_cast<int64_t>(bits)); })) {
      return Error(Reason::kBadRequest, "its last number is truncated");
    }
    return added;
  }

  Status WrongKind(uint32_t kind) const {
    return Error(Reason::kBadRequest, "expected values for {}, got \"{}\"", NameOf(dtype_),
                 kKinds[kind]);
  }

  template <typename T>
  Status Append(T value) {
    wire_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    ++count_;
    return OkStatus();
  }

  template <typename T>
  Status AddWhole(int64_t value) {
    if (std::in_range<T>(value)) return Append(static_cast<T>(value));
    return Error(Reason::kBadRequest, "expected a number of {}, got {}", NameOf(dtype_), value);
  }

  template <typename V>
  Status AddNumber(V value) {
    switch (dtype_) {
      case DType::kFp32:
        return Append(static_cast<float>(value));
      case DType::kFp64:
        return Append(static_cast<double>(value));
      case DType::kFp16:
        return Append(DoubleToFp16(static_cast<double>(value)));
      case DType::kBf16:
        return Append(DoubleToBf16(static_cast<double>(value)));
      default:
        break;
    }
    if constexpr (std::is_same_v<V, float>)
      return WrongKind(kFloatList);
    else
      return AddInteger(value);
  }

  Status AddInteger(int64_t value) {
    switch (dtype_) {
      case DType::kBool:
        if (value != 0 && value != 1)
          return Error(Reason::kBadRequest, "expected 0 or 1 for BOOL, got {}", value);
        return Append(static_cast<uint8_t>(value));
      case DType::kUint8:
        return AddWhole<uint8_t>(value);
      case DType::kUint16:
        return AddWhole<uint16_t>(value);
      case DType::kUint32:
        return AddWhole<uint32_t>(value);
      case DType::kUint64:
        return AddWhole<uint64_t>(value);
      case DType::kInt8:
        return AddWhole<int8_t>(value);
      case DType::kInt16:
        return AddWhole<int16_t>(value);
      case DType::kInt32:
        return AddWhole<int32_t>(value);
      default:
        return Append(value);
    }
  }

  const DType dtype_;
  std::string wire_;
  size_t count_ = 0;
};

/// Hands each feature of `example`, an Example, to `take(name, feature)`.
template <typename Take>
Status ForEachFeature(std::string_view example, const Take& take) {
  MessageReader reader(example);
  for (Field field; reader.Next(&field);) {
    if (field.tag != BytesTag(kFeatures)) continue;
    MessageReader features(field.bytes);
    for (Field entry; features.Next(&entry);) {
      if (entry.tag != BytesTag(kFeature)) continue;
      std::string_view name, feature;
      MessageReader parts(entry.bytes);
      for (Field part; parts.Next(&part);) {
        if (part.tag == BytesTag(kKey)) name = part.bytes;
        if (part.tag == BytesTag(kValue)) feature = part.bytes;
      }
      RETURN_IF_ERROR(parts.status());
      RETURN_IF_ERROR(take(name, feature));
    }
    RETURN_IF_ERROR(features.status());
  }
  return reader.status();
}

class InputReader {
 public:
  InputReader(const Signature& signature, InferRequest& request, RepeatedBytes& repeated)
      : specs_(signature.inputs),
        finder_(signature.inputs),
        request_(request),
        repeated_(repeated) {
    for (const TensorSpec& spec : specs_) columns_.push_back({Values(spec.dtype)});
  }

  Status Read(std::string_view input) {
    std::string_view list;
    MessageReader reader(input);
    for (Field field; reader.Next(&field);)
      if (field.tag == BytesTag(kExampleList) || field.tag == BytesTag(kExampleListWithContext))
        list = field.bytes;
    RETURN_IF_ERROR(reader.status());
    std::string_view context;
    MessageReader fields(list);
    for (Field field; fields.Next(&field);) {
      if (field.tag == BytesTag(kExamples)) {
        if (const Status read = ReadExample(field.bytes); !read.ok())
          return Annotate(read, fmt::format("example {}", examples_));
        ++examples_;
      }
      if (field.tag == BytesTag(kContext)) context = field.bytes;
    }
    RETURN_IF_ERROR(fields.status());
    if (examples_ == 0) return MakeError(Reason::kBadRequest, "Input is empty.");
    for (size_t i = 0; i < specs_.size(); ++i)
      if (columns_[i].examples > 0)
        RETURN_IF_ERROR(Add(specs_[i], columns_[i].width, columns_[i].values.wire()));
    return ForEachFeature(context, [&](std::string_view name, std::string_view feature) {
      return TakeContext(name, feature);
    });
  }

 private:
  struct Column {
    Values values;
    size_t examples = 0;  // of how many it was read
    size_t width = 0;     // values in each
  };

  StatusOr<size_t> Find(std::string_view name) {
    if (const auto index = finder_.Find(name)) return *index;
    return Error(Reason::kBadRequest, "the model has no input {}", Quote(name));
  }

  Status ReadExample(std::string_view example) {
    size_t seen = 0;
    RETURN_IF_ERROR(
        ForEachFeature(example, [&](std::string_view name, std::string_view feature) -> Status {
          ++seen;
          ASSIGN_OR_RETURN(const size_t index, Find(name));
          const Status read = ReadFeature(feature, columns_[index]);
          return read.ok() ? read : Annotate(read, fmt::format("feature {}", Quote(name)));
        }));
    if (examples_ == 0) features_of_each_ = seen;
    if (seen == features_of_each_) return OkStatus();
    const auto missing = std::ranges::find(columns_, examples_, &Column::examples);
    return Error(Reason::kBadRequest, "feature {} is missing",
                 Quote(specs_[missing - columns_.begin()].name));
  }

  Status ReadFeature(std::string_view feature, Column& column) {
    if (column.examples > examples_) return Error(Reason::kBadRequest, "it is given twice");
    if (column.examples < examples_)
      return Error(Reason::kBadRequest, "it is not in the examples before it");
    const size_t before = column.values.count();
    RETURN_IF_ERROR(column.values.Read(feature));
    const size_t width = column.values.count() - before;
    if (column.examples++ == 0) column.width = width;
    if (width == column.width) return OkStatus();
    return Error(Reason::kBadRequest, "expected {} values like the examples before it, got {}",
                 column.width, width);
  }

  Status TakeContext(std::string_view name, std::string_view feature) {
    ASSIGN_OR_RETURN(const size_t index, Find(name));
    const TensorSpec& spec = specs_[index];
    if (std::ranges::find(request_.inputs, spec.name, &NamedTensor::name) != request_.inputs.end())
      return Error(Reason::kBadRequest, "feature {} is given twice, once in the context",
                   Quote(name));
    Values values(spec.dtype);
    if (const Status read = values.Read(feature); !read.ok())
      return Annotate(read, fmt::format("context: feature {}", Quote(name)));
    if (const Status fits = repeated_.Charge(examples_, values.wire().size()); !fits.ok())
      return Annotate(fits, fmt::format("context: feature {}", Quote(name)));
    return Add(spec, values.count(), values.wire(), examples_);
  }

  /// @param wire  the values, `times` over.
  Status Add(const TensorSpec& spec, size_t width, std::string_view wire, size_t times = 1) {
    ASSIGN_OR_RETURN(Shape shape, FeatureShape(spec, examples_, width));
    const std::span<std::byte> memory = request_.arena.Allocate(wire.size() * times);
    for (auto to = memory.begin(); to != memory.end(); to += static_cast<ptrdiff_t>(wire.size()))
      std::ranges::copy(std::as_bytes(std::span(wire)), to);
    request_.inputs.push_back({spec.name, {spec.dtype, std::move(shape), Buffer(memory)}});
    return OkStatus();
  }

  const std::vector<TensorSpec>& specs_;
  SpecFinder finder_;
  InferRequest& request_;
  RepeatedBytes& repeated_;
  std::vector<Column> columns_;  // by index into specs_
  size_t examples_ = 0;
  size_t features_of_each_ = 0;
};

}  // namespace

Status ReadExampleInput(std::string_view input, const Signature& signature, InferRequest& request,
                        RepeatedBytes& repeated) {
  return InputReader(signature, request, repeated).Read(input);
}

}  // namespace slipway::tfserving
