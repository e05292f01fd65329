#include "train/kernels/row_cache.h"

#include <algorithm>

namespace slipway::train {

void RowCache::Reset(size_t rows, size_t length) {
  entries_.clear();
  places_.assign(rows, entries_.end());
  length_ = length;
}

float* RowCache::Get(size_t row, bool& is_new) {
  is_new = places_[row] == entries_.end();
  if (!is_new) {
    entries_.splice(entries_.begin(), entries_, places_[row]);
    return entries_.front().values.data();
  }
  const size_t most = std::max<size_t>(2, bytes_ / (length_ * sizeof(float) + 1));
  if (entries_.size() < most) {
    entries_.push_front({row, std::vector<float>(length_)});
  } else {
    places_[entries_.back().row] = entries_.end();
    entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
    entries_.front().row = row;
  }
  places_[row] = entries_.begin();
  return entries_.front().values.data();
}

void RowCache::Compact(std::span<const uint32_t> kept, size_t length) {
  std::vector<std::list<Entry>::iterator> places(kept.size(), entries_.end());
  for (size_t i = 0; i < kept.size(); ++i) {
    places[i] = places_[kept[i]];
    if (places[i] == entries_.end()) continue;
    places_[kept[i]] = entries_.end();
    Entry& entry = *places[i];
    entry.row = i;
    for (size_t k = 0; k < kept.size(); ++k) entry.values[k] = entry.values[kept[k]];
    entry.values.resize(kept.size());
    entry.values.resize(length);
    entry.values.shrink_to_fit();
  }
  for (const auto place : places_)
    if (place != entries_.end()) entries_.erase(place);
  places_ = std::move(places);
  length_ = length;
}

}  // namespace slipway::train
