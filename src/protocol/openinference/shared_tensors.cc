#include "protocol/openinference/shared_tensors.h"

#include "protocol/openinference/parameters.h"
#include "protocol/openinference/tensor_data.h"

namespace slipway::openinference {
namespace {

StatusOr<shm::Window> WindowOf(const SharedTensor& tensor, const shm::Regions& regions) {
  return regions.Find(*tensor.region, tensor.offset.value_or(0), *tensor.byte_size);
}

Status FetchInput(const SharedTensor& from, const shm::Regions& regions, Arena& arena,
                  Tensor& tensor) {
  ASSIGN_OR_RETURN(const shm::Window window, WindowOf(from, regions));
  const std::span<std::byte> copy = arena.Allocate(window.size());
  RETURN_IF_ERROR(window.Read(copy));
  return ReadBinaryData(copy, arena, tensor);
}

}  // namespace

Status SharedTensor::CheckComplete() const {
  if (region && byte_size) return OkStatus();
  return Error(Reason::kBadRequest,
               "expected \"shared_memory_region\" and \"shared_memory_byte_size\", \"{}\" is "
               "missing",
               region ? "shared_memory_byte_size" : "shared_memory_region");
}

SharedParameter SharedParameterOf(std::string_view name) {
  if (!name.starts_with("shared_memory_")) return SharedParameter::kNone;
  if (name == "shared_memory_region") return SharedParameter::kRegion;
  if (name == "shared_memory_offset") return SharedParameter::kOffset;
  if (name == "shared_memory_byte_size") return SharedParameter::kByteSize;
  return SharedParameter::kNone;
}

SharedTensor& SharedTensors::EntryOf(List& list, size_t index) {
  if (list.empty() || list.back().index != index) list.push_back({.index = index});
  return list.back();
}

const SharedTensor* SharedTensors::Find(const SharedTensors* all, List SharedTensors::* list,
                                        size_t index) {
  if (all == nullptr || (all->*list).empty()) return nullptr;
  const SharedTensor& last = (all->*list).back();
  return last.index == index ? &last : nullptr;
}

Status SharedTensors::Fetch(SharedMemory& memory, InferRequest& request) {
  for (const SharedTensor& output : outputs) {
    auto window = WindowOf(output, memory.regions);
    if (!window.ok())
      return Annotate(window.status(),
                      fmt::format("output {}", Quote(request.outputs[output.index].name)));
    windows_.emplace_back(output.index, *std::move(window));
  }
  RETURN_IF_ERROR(Charge(memory.memory));
  for (const SharedTensor& from : inputs) {
    NamedTensor& input = request.inputs[from.index];
    const Status status = FetchInput(from, memory.regions, request.arena, input.tensor);
    if (!status.ok()) return Annotate(status, fmt::format("input {}", Quote(input.name)));
  }
  return OkStatus();
}

Status SharedTensors::Charge(const BodyMemory& memory) {
  const size_t limit = memory.max_request_bytes.load(std::memory_order_relaxed);
  size_t total = 0;
  for (const SharedTensor& input : inputs) {
    if (*input.byte_size > limit - total)
      return Error(Reason::kTooLarge, "expected at most {} bytes of inputs in shared memory",
                   limit);
    total += static_cast<size_t>(*input.byte_size);
  }
  return charge_.Add(total, memory);
}

Status SharedTensors::Store(const InferResponse& response) const {
  for (const auto& [index, window] : windows_) {
    const NamedTensor& output = response.outputs[index];
    if (const Status status = window.Write(output.tensor.data.bytes()); !status.ok())
      return Annotate(status, fmt::format("output {}", Quote(output.name)));
  }
  return OkStatus();
}

void SharedTensors::Clear() {
  inputs.clear();
  outputs.clear();
  windows_.clear();
  charge_.Release();
}

}  // namespace slipway::openinference
