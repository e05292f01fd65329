#include "transport/http2/streaming_call.h"

#include <algorithm>
#include <utility>

namespace slipway::http2 {

StreamingCall::StreamingCall(std::unique_ptr<http::StreamReader> reader,
                             std::shared_ptr<http::Budget> budget, http::BlockPool& pool,
                             grpc::MessageReader::Options options)
    : reader_(std::move(reader)),
      budget_(budget),
      max_buffered_bytes_(options.max_buffered_bytes),
      messages_(std::move(budget), pool, std::move(options)) {}

StreamingCall::~StreamingCall() { budget_->Release(held().size()); }

StatusOr<size_t> StreamingCall::OnData(std::string_view data) {
  if (finished()) return data.size();
  const size_t size = data.size();
  if (held().empty()) Cut(data);
  RETURN_IF_ERROR(Hold(data));
  return size - data.size();
}

StatusOr<size_t> StreamingCall::Deliver() {
  size_t taken = 0;
  Hand();
  while (whole_.empty() && !held().empty() && WantsMessages() && broken_.ok()) {
    taken += CutHeld();
    Hand();
  }
  if (!whole_.empty() || finished()) return taken;
  RETURN_IF_ERROR(broken_);
  RETURN_IF_ERROR(TellHalfClose());
  return taken;
}

// Takes messages that are wanted, and the beginning of one, from the front of `data`.
void StreamingCall::Cut(std::string_view& data) {
  while (!data.empty() && WantsMessages() && whole_.size() < kMaxWhole && broken_.ok()) {
    auto message = messages_.Next(data);
    if (!message.ok())
      broken_ = message.status();
    else if (*message != nullptr)
      whole_.push_back(*std::move(message));
  }
}

Status StreamingCall::Hold(std::string_view data) {
  if (data.empty()) return OkStatus();
  if (!budget_->Charge(data.size(), max_buffered_bytes_))
    return MakeError(Reason::kOverloaded, "gRPC call: the memory for request bodies is used up");
  held_.append(data);
  return OkStatus();
}

size_t StreamingCall::CutHeld() {
  std::string_view rest = held();
  const size_t before = rest.size();
  Cut(rest);
  const size_t taken = before - rest.size();
  budget_->Release(taken);
  held_begin_ += taken;
  // Not at each message: what stays would be moved each time.
  if (held_begin_ * 2 >= held_.size()) held_.erase(0, std::exchange(held_begin_, 0));
  return taken;
}

void StreamingCall::Hand() {
  while (WantsMessages() && !whole_.empty()) {
    const auto message = std::move(whole_.front());
    whole_.pop_front();
    reading_ = reader_->OnMessage(message);
  }
}

Status StreamingCall::TellHalfClose() {
  if (!half_closed_ || !held().empty() || told_half_close_) return OkStatus();
  told_half_close_ = true;
  if (!messages_.at_boundary())
    return MakeError(Reason::kBadRequest, "gRPC call: it ends within a message");
  reader_->OnHalfClose();
  return OkStatus();
}

void StreamingCall::Write(http::StreamMessage message) {
  if (finished()) return;
  const size_t size = message.size();
  const auto prefix = grpc::WritePrefix(message.compressed, static_cast<uint32_t>(size));
  to_send_.push_back({prefix, std::move(message)});
  left_ += grpc::kPrefixBytes + size;
}

void StreamingCall::Finish(const Status& status) {
  if (!finished()) final_ = status;
}

size_t StreamingCall::Take(size_t bytes, std::string& out) {
  const size_t before = to_send_.size();
  left_ -= bytes;
  while (bytes > 0) {
    if (rest_.empty()) {
      const auto& [prefix, message] = to_send_.front();
      rest_ = http::Pieces({prefix.data(), prefix.size()}, message.body, message.parts);
    }
    const size_t now = std::min(bytes, rest_.left());
    rest_.Take(now, out);
    bytes -= now;
    if (rest_.empty()) to_send_.pop_front();
  }
  return before - to_send_.size();
}

}  // namespace slipway::http2
