#include "infer/response_cache.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <cstring>

namespace slipway {
namespace {

constexpr size_t kAtATime = 256;  // entries removed under one hold of the lock
// Nodes of list and index, the shared block and its reference counts, as malloc rounds them.
constexpr size_t kBytesPerEntry = 320;
constexpr size_t kBytesPerOutput = sizeof(NamedTensor) + 128;

Tensor CopyOf(const Tensor& tensor) {
  std::byte* bytes = nullptr;
  Buffer copy = Buffer::Allocate(tensor.data.size(), &bytes);
  if (tensor.data.size() > 0) std::memcpy(bytes, tensor.data.data(), tensor.data.size());
  return {tensor.dtype, tensor.shape, std::move(copy)};
}

size_t BytesOf(std::span<const NamedTensor> outputs) {
  size_t bytes = 0;
  for (const NamedTensor& output : outputs)
    bytes += kBytesPerOutput + output.name.size() + output.tensor.data.size();
  return bytes;
}

}  // namespace

// ---- what is compared

CacheKey::CacheKey(const InferRequest& request, const BoundRequest& bound) {
  form_.push_back(static_cast<int64_t>(bound.outputs.size()));
  for (size_t i = 0; i < bound.outputs.size(); ++i) {
    form_.push_back(static_cast<int64_t>(bound.outputs[i]));
    form_.push_back(request.outputs.empty() ? 0 : request.outputs[i].classification);
  }
  for (const Tensor* input : bound.inputs) {
    if (input == nullptr) {
      form_.push_back(-1);
      continue;
    }
    form_.push_back(static_cast<int64_t>(input->dtype));
    form_.push_back(static_cast<int64_t>(input->shape.size()));
    form_.insert(form_.end(), input->shape.begin(), input->shape.end());
    form_.push_back(static_cast<int64_t>(input->data.size()));
    data_.push_back(input->data.bytes());
  }
  hash_ = absl::Hash<CacheKey>()(*this);
}

struct CacheStore::Kept {
  std::vector<int64_t> form;
  std::vector<std::byte> data;  // of all inputs, one after the other
  std::vector<NamedTensor> outputs;
};

// ---- one version's

ResponseCache::~ResponseCache() {
  while (!store_->DropSome(*this)) {
  }
}

std::shared_ptr<const CacheStore::Kept> ResponseCache::Look(const CacheKey& key, TimePoint now) {
  CacheStore::Entries expired;  // freed after the lock
  MutexLock lock(store_->mutex_);
  const auto at = by_hash_.find(key.hash());
  if (at == by_hash_.end()) return nullptr;
  const auto entry = at->second;
  if (entry->expires <= now) {
    store_->Remove(entry, expired);
    return nullptr;
  }
  store_->entries_.splice(store_->entries_.begin(), store_->entries_, entry);
  return entry->kept;
}

ResponseCache::Answer ResponseCache::Find(const CacheKey& key, TimePoint now) {
  const auto kept = Look(key, now);
  if (!kept || !std::ranges::equal(kept->form, key.form_)) return nullptr;
  const std::byte* theirs = kept->data.data();
  for (const auto& data : key.data_) {  // the same sizes: they are part of the form
    if (!data.empty() && std::memcmp(theirs, data.data(), data.size()) != 0) return nullptr;
    theirs += data.size();
  }
  return {kept, &kept->outputs};
}

void ResponseCache::Insert(const CacheKey& key, std::span<const NamedTensor> outputs,
                           TimePoint now) {
  size_t data_bytes = 0;
  for (const auto& data : key.data_) data_bytes += data.size();
  const size_t bytes =
      kBytesPerEntry + key.form_.size() * sizeof(int64_t) + data_bytes + BytesOf(outputs);
  const CacheOptions& options = store_->options_;
  if (bytes > options.max_bytes) return;

  const auto kept = std::make_shared<CacheStore::Kept>();
  kept->form.assign(key.form_.begin(), key.form_.end());
  kept->data.reserve(data_bytes);
  for (const auto& data : key.data_) kept->data.insert(kept->data.end(), data.begin(), data.end());
  kept->outputs.reserve(outputs.size());
  // Copies: what an engine computed counts against its memory for runs as long as it is held.
  for (const NamedTensor& output : outputs)
    kept->outputs.push_back({output.name, CopyOf(output.tensor)});

  CacheStore::Entries made;
  made.push_back({.cache = this,
                  .hash = key.hash(),
                  .expires = options.ttl > Duration::zero() ? now + options.ttl : TimePoint::max(),
                  .bytes = bytes,
                  .kept = kept});
  while (!store_->TryAdd(made)) {
  }
}

// ---- the memory of all

void CacheStore::Remove(Entries::iterator entry, Entries& removed) {
  bytes_ -= entry->bytes;
  entry->cache->by_hash_.erase(entry->hash);
  removed.splice(removed.end(), entries_, entry);
}

bool CacheStore::TryAdd(Entries& made) {
  Entries removed;  // freed after the lock
  MutexLock lock(mutex_);
  Entry& entry = made.front();
  auto& by_hash = entry.cache->by_hash_;
  if (const auto old = by_hash.find(entry.hash); old != by_hash.end()) Remove(old->second, removed);
  for (size_t n = 0; n < kAtATime && entry.bytes > options_.max_bytes - bytes_; ++n) {
    Remove(std::prev(entries_.end()), removed);
    ++evictions_;
  }
  if (entry.bytes > options_.max_bytes - bytes_) return false;
  bytes_ += entry.bytes;
  by_hash[entry.hash] = made.begin();
  entries_.splice(entries_.begin(), made);
  return true;
}

bool CacheStore::DropSome(ResponseCache& cache) {
  Entries removed;  // freed after the lock
  MutexLock lock(mutex_);
  for (size_t n = 0; n < kAtATime && !cache.by_hash_.empty(); ++n)
    Remove(cache.by_hash_.begin()->second, removed);
  return cache.by_hash_.empty();
}

size_t CacheStore::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

size_t CacheStore::entries() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

void CacheStore::Collect(MetricSink& sink) const {
  const auto [bytes, entries, evictions] = [this] {
    MutexLock lock(mutex_);
    return std::tuple(bytes_, entries_.size(), evictions_);
  }();
  sink.AddGauge("slipway_response_cache_bytes", "Memory of the answers that are kept.", {},
                static_cast<double>(bytes));
  sink.AddGauge("slipway_response_cache_limit_bytes", "Memory that they may take.", {},
                static_cast<double>(options_.max_bytes));
  sink.AddGauge("slipway_response_cache_entries", "Answers that are kept.", {},
                static_cast<double>(entries));
  sink.AddCounter("slipway_response_cache_evictions_total",
                  "Answers that had to go to make room for others.", {},
                  static_cast<double>(evictions));
}

}  // namespace slipway
