#include "protocol/reflection/descriptor_index.h"

#include <algorithm>
#include <utility>

#include "protobuf/message_reader.h"

namespace slipway::reflection {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;

// Field numbers of google/protobuf/descriptor.proto.
constexpr uint32_t kFileOfSet = BytesTag(1);
constexpr uint32_t kNameTag = BytesTag(1);  // of whatever has one
namespace file {
constexpr uint32_t kPackage = BytesTag(2);
constexpr uint32_t kDependency = BytesTag(3);
constexpr uint32_t kMessage = BytesTag(4);
constexpr uint32_t kEnum = BytesTag(5);
constexpr uint32_t kService = BytesTag(6);
}  // namespace file
namespace message {
constexpr uint32_t kNested = BytesTag(3);
constexpr uint32_t kEnum = BytesTag(4);
}  // namespace message
namespace service {
constexpr uint32_t kMethod = BytesTag(2);
}

/// Hands each field of `bytes` to `take`.
template <typename Take>
Status ForEach(std::string_view bytes, const Take& take) {
  MessageReader reader(bytes);
  for (Field field; reader.Next(&field);) RETURN_IF_ERROR(take(field));
  return reader.status();
}

/// The name of a message, enum, service or method within `scope`.
StatusOr<std::string> NameWithin(std::string_view scope, std::string_view declaration) {
  std::string_view name;
  RETURN_IF_ERROR(ForEach(declaration, [&](const Field& field) {
    if (field.tag == kNameTag) name = field.bytes;
    return OkStatus();
  }));
  return scope.empty() ? std::string(name) : fmt::format("{}.{}", scope, name);
}

}  // namespace

StatusOr<DescriptorIndex> DescriptorIndex::Create(std::string_view set) {
  DescriptorIndex index;
  RETURN_IF_ERROR(ForEach(set, [&](const Field& field) {
    return field.tag == kFileOfSet ? index.AddFile(field.bytes) : OkStatus();
  }));
  for (const File& file : index.files_)
    for (const std::string_view import : file.imports)
      if (!index.by_name_.contains(import))
        return Error(Reason::kBadRequest, "a file imports \"{}\", which is not there", import);
  return index;
}

Status DescriptorIndex::AddFile(std::string_view bytes) {
  const size_t number = files_.size();
  files_.push_back({bytes, {}});
  std::string package;
  RETURN_IF_ERROR(ForEach(bytes, [&](const Field& field) {
    if (field.tag == kNameTag) by_name_[std::string(field.bytes)] = number;
    if (field.tag == file::kPackage) package = field.bytes;
    if (field.tag == file::kDependency) files_.back().imports.push_back(field.bytes);
    return OkStatus();
  }));
  return ForEach(bytes, [&](const Field& field) -> Status {
    switch (field.tag) {
      case file::kMessage:
        return AddMessages(package, field.bytes, number);
      case file::kEnum: {
        ASSIGN_OR_RETURN(std::string name, NameWithin(package, field.bytes));
        by_symbol_[std::move(name)] = number;
        break;
      }
      case file::kService:
        return AddService(package, field.bytes, number);
    }
    return OkStatus();
  });
}

/// A message and whatever is declared in it, to any depth.
Status DescriptorIndex::AddMessages(std::string scope, std::string_view message, size_t file) {
  std::vector<std::pair<std::string, std::string_view>> pending = {{std::move(scope), message}};
  while (!pending.empty()) {
    const auto [outer, bytes] = std::move(pending.back());
    pending.pop_back();
    ASSIGN_OR_RETURN(const std::string name, NameWithin(outer, bytes));
    by_symbol_[name] = file;
    RETURN_IF_ERROR(ForEach(bytes, [&](const Field& field) -> Status {
      if (field.tag == message::kNested) pending.emplace_back(name, field.bytes);
      if (field.tag == message::kEnum) {
        ASSIGN_OR_RETURN(std::string nested, NameWithin(name, field.bytes));
        by_symbol_[std::move(nested)] = file;
      }
      return OkStatus();
    }));
  }
  return OkStatus();
}

Status DescriptorIndex::AddService(const std::string& scope, std::string_view service,
                                   size_t file) {
  ASSIGN_OR_RETURN(const std::string name, NameWithin(scope, service));
  by_symbol_[name] = file;
  services_.push_back(name);
  return ForEach(service, [&](const Field& field) -> Status {
    if (field.tag != service::kMethod) return OkStatus();
    ASSIGN_OR_RETURN(std::string method, NameWithin(name, field.bytes));
    by_symbol_[std::move(method)] = file;
    return OkStatus();
  });
}

StatusOr<DescriptorIndex::Files> DescriptorIndex::FileNamed(std::string_view name) const {
  const auto file = by_name_.find(name);
  if (file == by_name_.end())
    return Error(Reason::kNotFound, "no file is called \"{}\"", name.substr(0, 200));
  return WithImports(file->second);
}

StatusOr<DescriptorIndex::Files> DescriptorIndex::FileDeclaring(std::string_view symbol) const {
  const auto file = by_symbol_.find(symbol);
  if (file == by_symbol_.end())
    return Error(Reason::kNotFound, "no service, method, message or enum is called \"{}\"",
                 symbol.substr(0, 200));
  return WithImports(file->second);
}

DescriptorIndex::Files DescriptorIndex::WithImports(size_t file) const {
  std::vector<size_t> numbers = {file};
  for (size_t i = 0; i < numbers.size(); ++i)
    for (const std::string_view import : files_[numbers[i]].imports) {
      const size_t number = by_name_.find(import)->second;
      if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
    }
  Files files;
  for (const size_t number : numbers) files.push_back(files_[number].bytes);
  return files;
}

}  // namespace slipway::reflection
