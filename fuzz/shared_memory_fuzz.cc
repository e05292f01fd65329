// What clients say of shared memory. The first byte chooses: the body that registers a region, an
// infer request in JSON, or as a message. What is accepted must be complete, and whatever it says,
// no window leaves its region.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "base/check.h"
#include "protocol/openinference/grpc_request_reader.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/shared_memory_reader.h"

namespace slipway::openinference {
namespace {

constexpr uint64_t kObjectBytes = 256;

/// A folder with the object "k" of kObjectBytes.
class ObjectFolder {
 public:
  ObjectFolder() {
    char name[] = "/tmp/slipway-fuzz-XXXXXX";
    path_ = ::mkdtemp(name);
    std::ofstream(path_ + "/k") << std::string(kObjectBytes, '\1');
  }
  ~ObjectFolder() {
    ::unlink((path_ + "/k").c_str());
    ::rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// For as long as the process.
const std::string& Folder() {
  static const ObjectFolder folder;
  return folder.path();
}

void CheckRegister(std::string_view body) {
  auto spec = ReadRegisterRequest(body);
  if (!spec.ok()) return;
  spec->name = "r";
  const auto region = shm::Region::Open(*spec, {.folder = Folder(), .prefix = ""});
  if (!region.ok()) return;
  SLIPWAY_CHECK(spec->key.ends_with("k") && spec->byte_size > 0 &&
                    spec->byte_size <= kObjectBytes &&
                    spec->offset <= kObjectBytes - spec->byte_size,
                "a region lies within the one object that is there");
}

void CheckList(const SharedTensors::List& list, size_t count) {
  SLIPWAY_CHECK(std::ranges::adjacent_find(list, std::ranges::greater_equal(),
                                           &SharedTensor::index) == list.end(),
                "each tensor has one entry, in their order");
  for (const SharedTensor& tensor : list)
    SLIPWAY_CHECK(tensor.index < count && tensor.CheckComplete().ok(),
                  "an accepted tensor says all that is needed");
}

void CheckInfer(InferRequest& request, SharedTensors& shared) {
  CheckList(shared.inputs, request.inputs.size());
  CheckList(shared.outputs, request.outputs.size());
  BodyMemory bodies;
  bodies.max_request_bytes = 4 * kObjectBytes;
  bodies.max_buffered_bytes = 4 * kObjectBytes;
  SharedMemory memory({.rules = {.folder = Folder(), .prefix = ""}}, bodies);
  SLIPWAY_CHECK(memory.regions.Register({"r", "/k", 16, kObjectBytes - 16}).ok(), "it fits");
  const bool fetched = shared.Fetch(memory, request).ok();
  for (const SharedTensor& input : shared.inputs)
    SLIPWAY_CHECK(!fetched || (CheckData(request.inputs[input.index].tensor).ok() &&
                               *input.byte_size <= kObjectBytes - 16),
                  "what was fetched is as long as its shape says and lies within the region");
  shared.Clear();
  SLIPWAY_CHECK(bodies.budget->used() == 0, "what was charged is given back");
}

}  // namespace

void FuzzSharedMemory(uint8_t choice, std::span<const std::byte> body) {
  if (choice % 3 == 0)
    return CheckRegister({reinterpret_cast<const char*>(body.data()), body.size()});
  InferRequest request;
  SharedTensors shared;
  const Status read = choice % 3 == 1 ? ReadRequest(body, body.size(), request, &shared)
                                      : ReadInferMessage(body, request, &shared);
  if (read.ok()) CheckInfer(request, shared);
}

}  // namespace slipway::openinference

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  slipway::openinference::FuzzSharedMemory(data[0], std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
