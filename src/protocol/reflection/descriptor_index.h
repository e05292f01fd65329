#pragma once
// Which file declares what, for gRPC's server reflection.
// Source: grpc doc/server-reflection.md; google/protobuf/descriptor.proto

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"

namespace slipway::reflection {

/// Immutable. Threads: any.
class DescriptorIndex {
 public:
  /// Serialized FileDescriptorProtos: a file and all that it imports, itself first.
  using Files = std::vector<std::string_view>;

  /// @param set  a serialized FileDescriptorSet; borrowed.
  /// @return kBadRequest when it is none, or imports what it does not hold.
  static StatusOr<DescriptorIndex> Create(std::string_view set);

  /// "package.Service", in the set's order.
  const std::vector<std::string>& services() const { return services_; }

  /// @return kNotFound for a file that the set does not hold.
  StatusOr<Files> FileNamed(std::string_view name) const;

  /// @param symbol  "package.Service", "package.Service.Method", "package.Message[.Nested]" or
  ///                "package.Enum".
  /// @return kNotFound for one that no file declares.
  StatusOr<Files> FileDeclaring(std::string_view symbol) const;

 private:
  struct File {
    std::string_view bytes;
    std::vector<std::string_view> imports;
  };

  Status AddFile(std::string_view bytes);
  Status AddMessages(std::string scope, std::string_view message, size_t file);
  Status AddService(const std::string& scope, std::string_view service, size_t file);
  Files WithImports(size_t file) const;

  std::vector<File> files_;
  StringMap<size_t> by_name_;
  StringMap<size_t> by_symbol_;
  std::vector<std::string> services_;
};

}  // namespace slipway::reflection
