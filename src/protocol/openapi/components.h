#pragma once
// What the documents of several dialects describe, under one roof.

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace slipway::openapi {

/// OpenAPI's "components" by section ("schemas") and name; the values are JSON, borrowed.
class ComponentTable {
 public:
  /// @param documents  each {"schemas": {name: …}, "parameters": {…}, …}. CHECK-fails on what is no
  ///   such object and on a name that is there twice: they are our own files.
  explicit ComponentTable(std::span<const std::string_view> documents);

  bool Has(std::string_view section, std::string_view name) const;

  using Section = std::map<std::string, std::string_view, std::less<>>;
  const std::map<std::string, Section, std::less<>>& sections() const { return sections_; }

 private:
  void Read(std::string_view document);

  std::map<std::string, Section, std::less<>> sections_;
};

}  // namespace slipway::openapi
