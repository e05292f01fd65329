#pragma once
// What TorchServe's management API does, whether it is asked over HTTP or gRPC.
// docs/protocols/torchserve.md

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/manager.h"
#include "protocol/dialect/model_registration.h"
#include "routing/infer_service.h"

namespace slipway::torchserve {

/// What the routes work with; all of it outlives the server.
struct ManagementServices {
  routing::InferService& infer;
  lifecycle::Manager& models;
  std::vector<dialect::Repository> repositories;
  int64_t queue_size = 0;  // requests of one model that may wait
};

/// How many runs a model should have at once.
struct Workers {
  int min = 1;
  int max = 1;
};

/// A version is a number, also with ".0", or an alias; "" = the model's default.
/// Threads: any I/O thread; tables are what that thread sees.
class Management {
 public:
  using Table = lifecycle::ServingTable;
  /// Takes the sentence that tells what was done, or why not. Called once: at once, or later by the
  /// lifecycle's thread.
  using Done = std::function<void(const StatusOr<std::string>&)>;

  explicit Management(ManagementServices services) : services_(std::move(services)) {}

  const Table& TableFor(int loop) const { return services_.infer.Table(loop); }
  /// For a thread that is not an I/O thread.
  std::shared_ptr<const Table> CurrentTable() const { return services_.models.table().Get(); }

  /// Appends a list of descriptions, with version "all" of every version.
  Status Describe(const Table& table, std::string_view model, std::string_view version,
                  std::string& out) const;
  void Register(const Table& table, const dialect::Registration& registration,
                const Done& done) const;
  /// How many runs a model may have at once is fixed when it is loaded: the sentence tells it,
  /// whatever was asked for.
  StatusOr<std::string> Scale(const Table& table, std::string_view model, std::string_view version,
                              Workers asked) const;
  /// Without a version the whole model.
  void Unregister(const Table& table, std::string_view model, std::string_view version,
                  const Done& done) const;
  /// Who names no version of the model gets this one.
  void SetDefault(const Table& table, std::string_view model, std::string_view version,
                  const Done& done) const;

 private:
  const ManagementServices services_;
};

}  // namespace slipway::torchserve
