#include "transport/http2/streaming_call.h"

#include <utility>

namespace slipway::http2 {

StreamingCall::StreamingCall(std::unique_ptr<http::StreamReader> reader,
                             std::shared_ptr<http::Budget> budget, http::BlockPool& pool,
                             grpc::MessageReader::Options options)
    : reader_(std::move(reader)), messages_(std::move(budget), pool, std::move(options)) {}

StatusOr<size_t> StreamingCall::OnData(std::string_view data) {
  if (finished()) return data.size();
  held_.append(data);
  return Deliver();
}

StatusOr<size_t> StreamingCall::OnHalfClose() {
  half_closed_ = true;
  return Deliver();
}

StatusOr<size_t> StreamingCall::ReadMore() {
  reading_ = true;
  return Deliver();
}

StatusOr<size_t> StreamingCall::Deliver() {
  const std::string held = std::exchange(held_, {});
  std::string_view rest = held;
  while (reading_ && !finished() && !rest.empty()) {
    ASSIGN_OR_RETURN(auto message, messages_.Next(rest));
    if (message != nullptr) reading_ = reader_->OnMessage(std::move(message));
  }
  held_.insert(0, rest);
  if (half_closed_ && held_.empty() && !told_half_close_ && !finished()) {
    told_half_close_ = true;
    if (!messages_.at_boundary())
      return MakeError(Reason::kBadRequest, "gRPC call: it ends within a message");
    reader_->OnHalfClose();
  }
  return held.size() - rest.size();
}

void StreamingCall::Write(http::StreamMessage message) {
  if (finished()) return;
  const size_t size = message.size();
  to_send_.push_back({grpc::WritePrefix(false, static_cast<uint32_t>(size)), std::move(message)});
  left_ += grpc::kPrefixBytes + size;
}

void StreamingCall::Finish(const Status& status) {
  if (!finished()) final_ = status;
}

std::string_view StreamingCall::Outgoing::Piece(size_t index) const {
  if (index == 0) return {prefix.data(), prefix.size()};
  if (index == 1) return message.body;
  const auto bytes = message.parts[index - 2].bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void StreamingCall::Take(size_t bytes, std::string& out) {
  left_ -= bytes;
  while (bytes > 0) {
    const std::string_view piece = to_send_.front().Piece(piece_).substr(offset_, bytes);
    out.append(piece);
    bytes -= piece.size();
    offset_ += piece.size();
    while (!to_send_.empty() && offset_ == to_send_.front().Piece(piece_).size()) {
      offset_ = 0;
      if (++piece_ < to_send_.front().pieces()) continue;
      piece_ = 0;
      to_send_.pop_front();
    }
  }
}

}  // namespace slipway::http2
