#pragma once
// The tensors of a request that lie in clients' shared memory: what its parameters shared_memory_*
// say, and the copies from and to there. docs/protocols/shared-memory.md

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "infer/request.h"
#include "protocol/calls/body_memory.h"
#include "shm/regions.h"

namespace slipway::openinference {

/// What all requests share. Threads: any.
struct SharedMemory {
  SharedMemory(shm::RegionsOptions options, const BodyMemory& body_memory)
      : regions(std::move(options)), memory(body_memory) {}

  shm::Regions regions;
  const BodyMemory& memory;
};

/// The parameters of one input or output.
struct SharedTensor {
  size_t index = 0;  // among the request's inputs, or outputs
  std::optional<std::string> region = {};
  std::optional<uint64_t> offset = {};
  std::optional<uint64_t> byte_size = {};

  /// kBadRequest unless region and byte_size are there.
  Status CheckComplete() const;
};

enum class SharedParameter { kNone, kRegion, kOffset, kByteSize };

/// kNone for every name that is not about shared memory.
SharedParameter SharedParameterOf(std::string_view name);

/// Belongs to one request at a time.
class SharedTensors {
 public:
  using List = std::vector<SharedTensor>;

  List inputs, outputs;  // by index, in the order of the request

  bool empty() const { return inputs.empty() && outputs.empty(); }

  /// The entry of tensor `index`, the last that was begun; made when it has none.
  static SharedTensor& EntryOf(List& list, size_t index);
  /// The same; null when it has none, or there are none at all.
  static const SharedTensor* Find(const SharedTensors* all, List SharedTensors::* list,
                                  size_t index);

  /// Copies the inputs into request.arena, with the checks of binary data, and takes hold of the
  /// outputs' windows. Memory is charged until Clear.
  /// @return kNotFound for a region that is not registered; kTooLarge, kOverloaded; kBadRequest.
  Status Fetch(SharedMemory& memory, InferRequest& request);

  /// Copies the outputs that are to go to shared memory.
  /// @return kBadRequest naming the first that does not fit; those before it are there already.
  Status Store(const InferResponse& response) const;

  /// Gives everything back.
  void Clear();

 private:
  Status Charge(const BodyMemory& memory);

  std::vector<std::pair<size_t, shm::Window>> windows_;  // of outputs, by index
  BodyCharge charge_;
};

}  // namespace slipway::openinference
