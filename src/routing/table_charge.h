#pragma once
// Tables that were made of what requests sent (infer/table.h) are up to eight times as large as
// it, and lie in no budget of bodies: together they have one of their own.

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/status.h"
#include "infer/validate.h"

namespace slipway::routing {

/// What all of them may take together. Threads: any.
struct TableBudget {
  size_t limit_bytes = SIZE_MAX;
  std::atomic<size_t> taken_bytes = 0;
};

/// What one request holds of it, until Release. Belongs to one request at a time.
class TableCharge {
 public:
  TableCharge() = default;
  ~TableCharge() { Release(); }
  TableCharge(const TableCharge&) = delete;
  TableCharge& operator=(const TableCharge&) = delete;

  /// Takes the tables that were made for `bound`; nothing is held before.
  /// @return kOverloaded, with nothing held and the tables given up, when that is too much.
  Status Take(BoundRequest& bound, const std::shared_ptr<TableBudget>& budget) {
    size_t bytes = 0;
    for (const auto& table : bound.made) bytes += table->data.size();
    if (bytes == 0) return OkStatus();
    budget_ = budget;
    bytes_ = bytes;
    if (budget->taken_bytes.fetch_add(bytes) + bytes <= budget->limit_bytes) return OkStatus();
    Release();
    bound.made.clear();
    return MakeError(Reason::kOverloaded, "the memory for tables of requests is used up");
  }

  void Release() {
    if (bytes_ > 0) budget_->taken_bytes.fetch_sub(std::exchange(bytes_, 0));
  }

 private:
  std::shared_ptr<TableBudget> budget_;
  size_t bytes_ = 0;
};

}  // namespace slipway::routing
