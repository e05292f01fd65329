// Arbitrary bytes as a pickle: values whose arrays hold what their shapes say, or an error. A file
// that names a global is refused by a list that allows none, and no other file is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <vector>

#include "import/pickle/describe.h"
#include "import/pickle/reader.h"

namespace slipway::pickle {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckArray(const Array& array) {
  size_t count = 1;
  for (const int64_t size : array.shape) count *= static_cast<size_t>(size);
  Check(array.count() == count);
  (void)array.Doubles();
  (void)array.Floats();
  (void)array.Integers();
  (void)array.Strings();
  for (const ArrayType::Field& field : array.type.fields) Check(array.Field(field.name).ok());
}

/// Every accessor of every value, whatever its kind.
void Walk(Value root) {
  std::vector<Value> open = {root};
  std::set<const void*> seen;
  while (!open.empty()) {
    const Value value = open.back();
    open.pop_back();
    if (!seen.insert(value.identity()).second) continue;
    (void)value.boolean();
    (void)value.integer();
    (void)value.number();
    (void)value.text();
    (void)value.module();
    (void)value.Find("shape");
    CheckArray(value.array());
    for (size_t i = 0; i <= value.size(); ++i) {
      open.push_back(value.at(i));
      open.push_back(value.key(i));
    }
    for (const Value inside :
         {value.callable(), value.args(), value.keywords(), value.state(), value.items()})
      open.push_back(inside);
    open.insert(open.end(), value.array().objects.begin(), value.array().objects.end());
  }
}

void CheckFile(std::span<const std::byte> bytes) {
  ReadOptions options{.max_values = 100'000, .max_bytes = size_t{16} << 20};
  const auto document = Read(bytes, options);
  if (!document.ok()) return;
  Walk((*document)->root());
  Check(!Describe(**document).empty());
  options.allowed = [](std::string_view, std::string_view) { return false; };
  Check(Read(bytes, options).ok() == (*document)->globals().empty());
}

}  // namespace
}  // namespace slipway::pickle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::pickle::CheckFile(std::as_bytes(std::span(data, size)));
  return 0;
}
