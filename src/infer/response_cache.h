#pragma once
// Answers kept for requests that come again: one memory for all, one cache for each version.

#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "infer/request.h"
#include "infer/validate.h"
#include "telemetry/metrics.h"

namespace slipway {

/// All that an answer of one version depends on: which outputs, in which order and as how many
/// classes, and the dtype, shape and bytes of every input. Borrows the inputs' bytes.
class CacheKey {
 public:
  /// Valid as long as the request's tensors are.
  CacheKey(const InferRequest& request, const BoundRequest& bound);

  /// Finds candidates only: nothing relies on unlike keys having unlike ones.
  uint64_t hash() const { return hash_; }
  /// For tests, which would else wait long for two keys of one hash.
  void set_hash(uint64_t hash) { hash_ = hash; }

 private:
  friend class ResponseCache;
  template <typename H>
  friend H AbslHashValue(H state, const CacheKey& key) {
    state = H::combine_contiguous(std::move(state), key.form_.data(), key.form_.size());
    for (const auto& data : key.data_)
      state = H::combine_contiguous(
          std::move(state), reinterpret_cast<const unsigned char*>(data.data()), data.size());
    return state;
  }

  absl::InlinedVector<int64_t, 24> form_;  // all but the bytes; says where each input's end
  absl::InlinedVector<std::span<const std::byte>, 8> data_;
  uint64_t hash_;
};

struct CacheOptions {
  size_t max_bytes = 0;  // of all answers kept, their requests and the bookkeeping
  Duration ttl{};        // that an answer is given again; 0: as long as it is kept
};

class ResponseCache;

/// The memory that all caches share: what was used least recently leaves first, whoever's it is.
/// Threads: any. The lock is held for a moment only: keys are compared, and answers copied and
/// freed, outside of it.
class CacheStore final : public MetricSource {
 public:
  explicit CacheStore(CacheOptions options) : options_(options) {}

  size_t bytes() const;
  size_t entries() const;
  void Collect(MetricSink& sink) const override;

 private:
  friend class ResponseCache;
  struct Kept;
  struct Entry {
    ResponseCache* cache;
    uint64_t hash;
    TimePoint expires;
    size_t bytes;
    std::shared_ptr<const Kept> kept;
  };
  using Entries = std::list<Entry>;

  /// Puts the one entry of `made` in front, in place of one with its hash. False when room could
  /// not be made in one go: to be called again.
  bool TryAdd(Entries& made);
  /// Removes entries of `cache`; true when none is left.
  bool DropSome(ResponseCache& cache);
  void Remove(Entries::iterator entry, Entries& removed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CacheOptions options_;
  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // the last used first
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

/// The answers of one version, and of no other: they go when it goes. Two requests with one key
/// that run at the same time both run, and the answer that comes last is kept.
/// Threads: any.
class ResponseCache {
 public:
  explicit ResponseCache(std::shared_ptr<CacheStore> store) : store_(std::move(store)) {}
  /// Cost: linear in its entries.
  ~ResponseCache();
  ResponseCache(const ResponseCache&) = delete;

  using Answer = std::shared_ptr<const std::vector<NamedTensor>>;

  /// Null when nothing is kept for this key, or for too long already. Cost: of a comparison of all
  /// bytes.
  Answer Find(const CacheKey& key, TimePoint now);
  /// Keeps copies, if they fit. Cost: of copying key and outputs.
  void Insert(const CacheKey& key, std::span<const NamedTensor> outputs, TimePoint now);

 private:
  friend class CacheStore;
  std::shared_ptr<const CacheStore::Kept> Look(const CacheKey& key, TimePoint now);

  const std::shared_ptr<CacheStore> store_;
  std::unordered_map<uint64_t, CacheStore::Entries::iterator> by_hash_;  // under the store's lock
};

}  // namespace slipway
