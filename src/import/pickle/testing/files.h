#pragma once
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "import/pickle/reader.h"

namespace slipway::pickle::testing {

/// A file of tests/models/pickle.
inline std::string ReadFixture(const std::string& name) {
  std::ifstream file(SLIPWAY_SOURCE_DIR "/tests/models/pickle/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A document with the bytes that it lies in.
class OwnedDocument {
 public:
  explicit OwnedDocument(std::string bytes, const ReadOptions& options = {})
      : bytes_(std::make_unique<std::string>(std::move(bytes))),
        document_(Read(std::as_bytes(std::span(*bytes_)), options)) {}

  bool ok() const { return document_.ok(); }
  Status status() const { return document_.status(); }
  const Document* operator->() const { return document_->get(); }
  const Document& operator*() const { return **document_; }

 private:
  std::unique_ptr<std::string> bytes_;
  StatusOr<std::unique_ptr<const Document>> document_;
};

inline Status StatusOfReading(std::string bytes, const ReadOptions& options = {}) {
  return OwnedDocument(std::move(bytes), options).status();
}

}  // namespace slipway::pickle::testing
