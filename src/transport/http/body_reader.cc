#include "transport/http/body_reader.h"

#include <algorithm>

namespace slipway::http {
namespace {

// Room is made in such steps, so that memory follows what arrived and not what was announced.
constexpr size_t kStep = 64u << 10;

}  // namespace

Status BodyReader::Start(const HeadFacts& facts, const Options& options) {
  options_ = options;
  chunked_ = facts.chunked;
  left_ = facts.content_length.value_or(0);
  received_ = 0;
  done_ = !facts.has_body();
  if (done_) return OkStatus();
  if (left_ > options.max_body_bytes) return BodyTooLarge(options.max_body_bytes);
  ASSIGN_OR_RETURN(const Coding coding, ParseContentEncoding(facts.content_encoding));
  if (coding != Coding::kIdentity) {
    ASSIGN_OR_RETURN(inflater_, Inflater::Create(coding));
  }
  if (chunked_) chunks_ = ChunkedDecoder();
  buffer_.Start(options.aligned_offset, options.max_buffered_bytes);
  return OkStatus();
}

StatusOr<std::span<char>> BodyReader::Room() {
  if (chunked_ || inflater_) return std::span<char>();
  const size_t more = static_cast<size_t>(std::min<uint64_t>(left_, kStep));
  if (!buffer_.Reserve(more, buffer_.size() + left_)) return OutOfBodyMemory();
  const std::span<char> room = buffer_.room();
  return room.first(static_cast<size_t>(std::min<uint64_t>(left_, room.size())));
}

void BodyReader::Commit(size_t received) {
  buffer_.Commit(received);
  left_ -= received;
  done_ = left_ == 0;
}

Status BodyReader::Take(std::string_view data) {
  received_ += data.size();
  if (received_ > options_.max_body_bytes) return BodyTooLarge(options_.max_body_bytes);
  if (inflater_) return inflater_->Feed(data, options_.max_body_bytes, buffer_);
  const size_t expected = chunked_ ? buffer_.size() * 2 : buffer_.size() + left_;
  return buffer_.Append(data, expected) ? OkStatus() : OutOfBodyMemory();
}

StatusOr<size_t> BodyReader::FeedChunked(std::string_view in) {
  size_t read = 0;
  while (read < in.size() && !chunks_.done()) {
    std::string_view data;
    ASSIGN_OR_RETURN(const size_t n, chunks_.Next(in.substr(read), data));
    read += n;
    RETURN_IF_ERROR(Take(data));
  }
  if (chunks_.done()) RETURN_IF_ERROR(Finish());
  return read;
}

StatusOr<size_t> BodyReader::Feed(std::string_view in) {
  if (chunked_) return FeedChunked(in);
  const size_t n = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
  RETURN_IF_ERROR(Take(in.substr(0, n)));
  left_ -= n;
  if (left_ == 0) RETURN_IF_ERROR(Finish());
  return n;
}

Status BodyReader::Finish() {
  if (inflater_ && !inflater_->done())
    return Error(Reason::kBadRequest, "body: the compressed stream is cut short");
  done_ = true;
  return OkStatus();
}

void BodyReader::Release() {
  buffer_.Release();
  inflater_.reset();
}

}  // namespace slipway::http
