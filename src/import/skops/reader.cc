#include "import/skops/reader.h"

#include <algorithm>
#include <deque>
#include <string>

#include "import/pickle/globals.h"
#include "import/skops/builder.h"
#include "import/skops/schema.h"
#include "import/skops/zip.h"

namespace slipway::skops {
namespace {

constexpr std::string_view kSchema = "schema.json";

class SkopsDocument final : public pickle::Document {
 public:
  SkopsDocument(Zip zip, size_t size_bytes, const pickle::ReadOptions& options)
      : zip_(std::move(zip)),
        size_bytes_(size_bytes),
        heap_(options.max_values, pickle::Allowance(size_bytes, options.max_bytes)),
        globals_(options),
        builder_(zip_, heap_, globals_) {}

  Status Run() {
    ASSIGN_OR_RETURN(const auto bytes, zip_.Read(kSchema, heap_));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ASSIGN_OR_RETURN(const Json schema, ReadSchema(text, heap_, texts_));
    RETURN_IF_ERROR(ReadProtocol(schema));
    ASSIGN_OR_RETURN(root_, builder_.Build(schema));
    return OkStatus();
  }

  pickle::Value root() const override { return pickle::Value(root_); }
  const std::vector<pickle::GlobalUse>& globals() const override { return globals_.uses(); }
  std::string_view format() const override { return "skops"; }
  int protocol() const override { return protocol_; }
  size_t size_bytes() const override { return size_bytes_; }
  std::string_view packing() const override { return ""; }

 private:
  Status ReadProtocol(const Json& schema) {
    const Json* protocol = schema.Find("protocol");
    const std::string_view text = protocol == nullptr ? "nothing" : protocol->text;
    if (text.size() != 1 || text[0] < '0' || text[0] > '2')
      return Error(Reason::kUnsupported, "schema.json: protocol: expected 0, 1 or 2, got {}",
                   text.substr(0, 40));
    protocol_ = text[0] - '0';
    return OkStatus();
  }

  Zip zip_;
  const size_t size_bytes_;  // of the archive, packed
  pickle::Heap heap_;
  pickle::GlobalTable globals_;
  Builder builder_;
  std::deque<std::string> texts_;
  const pickle::Node* root_ = nullptr;
  int protocol_ = 0;
};

Status NoSkops(const Zip& zip) {
  const auto has = [&](std::string_view ending) {
    return std::ranges::any_of(zip.names(), [&](auto name) { return name.ends_with(ending); });
  };
  if (has("data.pkl"))
    return Error(Reason::kUnsupported,
                 "a PyTorch file, which is not read; export the model to ONNX");
  if (has(".npy")) return Error(Reason::kUnsupported, "a file of numpy.savez, no model");
  return Error(Reason::kUnsupported, "a zip archive without schema.json, no skops file");
}

}  // namespace

StatusOr<std::unique_ptr<const pickle::Document>> Read(std::span<const std::byte> bytes,
                                                       const pickle::ReadOptions& options) {
  ASSIGN_OR_RETURN(Zip zip, Zip::Open(bytes));
  if (!zip.Has(kSchema)) return NoSkops(zip);
  auto document = std::make_unique<SkopsDocument>(std::move(zip), bytes.size(), options);
  RETURN_IF_ERROR(document->Run());
  return document;
}

}  // namespace slipway::skops
