#include "protocol/torchserve/description.h"

#include <algorithm>

#include "text/json_writer.h"

namespace slipway::torchserve {
namespace {

void WriteWorkers(int count, JsonWriter& json) {
  json.Key("workers").BeginArray();
  for (int id = 0; id < count; ++id) {
    json.BeginObject().Key("id").String(std::to_string(id)).Key("status").String("READY");
    json.Key("gpu").Bool(false).EndObject();
  }
  json.EndArray();
}

void WriteDescription(const lifecycle::ServedVersion& version, int64_t queue_size,
                      JsonWriter& json) {
  const auto waiting = version.queue ? static_cast<int64_t>(version.queue->waiting()) : 0;
  json.BeginObject().Key("modelName").String(version.name.str());
  json.Key("modelVersion").String(version.version);
  json.Key("modelUrl").String(version.name.str());
  json.Key("engine").String(version.platform);
  json.Key("runtime").String("slipway");
  json.Key("minWorkers").Int(version.instances).Key("maxWorkers").Int(version.instances);
  json.Key("batchSize").Int(1).Key("maxBatchDelay").Int(0);
  WriteWorkers(version.instances, json);
  json.Key("jobQueueStatus").BeginObject();
  json.Key("remainingCapacity").Int(std::max<int64_t>(queue_size - waiting, 0));
  json.Key("pendingRequests").Int(waiting).EndObject().EndObject();
}

}  // namespace

void WriteDescriptions(std::span<const lifecycle::VersionHandle> versions, int64_t queue_size,
                       std::string& out) {
  JsonWriter json(out);
  json.BeginArray();
  for (const lifecycle::VersionHandle& version : versions)
    WriteDescription(*version, queue_size, json);
  json.EndArray();
}

}  // namespace slipway::torchserve
