#include "protocol/openinference/shared_memory_reader.h"

#include <optional>

#include "text/json_reader.h"

namespace slipway::openinference {
namespace {

struct Members {
  std::optional<std::string> key;
  std::optional<uint64_t> offset, byte_size;
};

Status ReadMember(JsonReader& json, std::string_view key, Members& members) {
  const auto once = [key](bool given) {
    return given ? Error(Reason::kBadRequest, "\"{}\" is given twice", key) : OkStatus();
  };
  if (key == "key") {
    RETURN_IF_ERROR(once(members.key.has_value()));
    return json.ReadString(&members.key.emplace());
  }
  if (key != "offset" && key != "byte_size") return json.Skip();
  auto& number = key == "offset" ? members.offset : members.byte_size;
  RETURN_IF_ERROR(once(number.has_value()));
  const Status status = json.ReadUint64(&number.emplace());
  return status.ok() ? status : Annotate(status, fmt::format("\"{}\"", key));
}

}  // namespace

StatusOr<shm::RegionSpec> ReadRegisterRequest(std::string_view body) {
  Members members;
  JsonReader json(body);
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    RETURN_IF_ERROR(ReadMember(json, key, members));
  }
  RETURN_IF_ERROR(json.End());
  if (!members.key) return Error(Reason::kBadRequest, "\"key\" is missing");
  if (!members.byte_size) return Error(Reason::kBadRequest, "\"byte_size\" is missing");
  return shm::RegionSpec{.name = "",
                         .key = *std::move(members.key),
                         .offset = members.offset.value_or(0),
                         .byte_size = *members.byte_size};
}

}  // namespace slipway::openinference
