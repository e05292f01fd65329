#pragma once
// What the parameters of an infer request mean, whichever way they are written.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/request.h"

namespace slipway::openinference {

/// At most so many inputs, and outputs, in one request.
inline constexpr size_t kMaxTensors = 4096;

/// A client's own words in a message: in quotes, cut at 60 bytes.
std::string Quote(std::string_view text);

/// A name of a data type as clients send it. kBadRequest naming those that there are.
StatusOr<DType> DTypeOf(std::string_view name);

/// A parameter of the request that none of the setters below is for: OK when it is ignored,
/// kNotOffered for sequences, kBadRequest for names that are reserved.
Status CheckRequestParameter(std::string_view name);

/// For a parameter about shared memory where that is not offered.
Status SharedMemoryNotOffered(std::string_view name);

/// From the moment the request was received. The earlier of two deadlines counts.
void SetTimeout(Duration timeout, RequestContext& context);

/// "timeout": microseconds; 0 = none.
void SetTimeout(uint64_t timeout_us, RequestContext& context);

/// "priority": 1 = highest, 0 = the model's default.
void SetPriority(uint64_t priority, RequestContext& context);

/// "classification": the k best classes; 0 = off.
void SetClassification(uint64_t classes, RequestedOutput& output);

}  // namespace slipway::openinference
