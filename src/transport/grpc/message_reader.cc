#include "transport/grpc/message_reader.h"

#include <algorithm>
#include <utility>

#include "transport/http/coding.h"

namespace slipway::grpc {

Status InflateMessage(std::string_view encoding, std::span<const std::byte> in, size_t max_bytes,
                      http::BodyBuffer& out) {
  const auto coding = http::ParseContentEncoding(encoding);
  if (!coding.ok() || *coding == http::Coding::kIdentity)
    return Error(Reason::kUnsupportedCoding,
                 "grpc-encoding: expected gzip or deflate for a compressed message, got \"{}\"",
                 encoding.substr(0, 64));
  ASSIGN_OR_RETURN(const auto inflater, http::Inflater::Create(*coding));
  RETURN_IF_ERROR(
      inflater->Feed({reinterpret_cast<const char*>(in.data()), in.size()}, max_bytes, out));
  if (!inflater->done())
    return MakeError(Reason::kBadRequest, "gRPC message: the compressed stream is cut short");
  return OkStatus();
}

MessageReader::MessageReader(std::shared_ptr<http::Budget> budget, http::BlockPool& pool,
                             Options options)
    : budget_(std::move(budget)), pool_(pool), options_(std::move(options)) {}

MessageReader::~MessageReader() { budget_->Release(charged_); }

StatusOr<std::shared_ptr<const std::string>> MessageReader::Next(std::string_view& bytes) {
  if (prefix_size_ < kPrefixBytes) {
    const size_t n = std::min(kPrefixBytes - prefix_size_, bytes.size());
    const auto from = std::as_bytes(std::span(bytes.data(), n));
    std::ranges::copy(from, prefix_bytes_.begin() + static_cast<ptrdiff_t>(prefix_size_));
    prefix_size_ += n;
    bytes.remove_prefix(n);
    if (prefix_size_ < kPrefixBytes) return nullptr;
    RETURN_IF_ERROR(OpenMessage());
  }
  const size_t n = std::min<size_t>(prefix_.size - message_.size(), bytes.size());
  RETURN_IF_ERROR(Charge(n));
  message_.append(bytes.substr(0, n));
  bytes.remove_prefix(n);
  if (message_.size() < prefix_.size) return nullptr;
  return Finish();
}

Status MessageReader::OpenMessage() {
  ASSIGN_OR_RETURN(prefix_, ReadPrefix(prefix_bytes_, options_.max_message_bytes));
  ++begun_;
  return OkStatus();
}

Status MessageReader::Charge(size_t bytes) {
  if (!budget_->Charge(bytes, options_.max_buffered_bytes))
    return MakeError(Reason::kOverloaded, "gRPC message: the memory for request bodies is used up");
  charged_ += bytes;
  return OkStatus();
}

StatusOr<std::shared_ptr<const std::string>> MessageReader::Finish() {
  if (prefix_.compressed) RETURN_IF_ERROR(Inflate());
  const auto release = [budget = budget_,
                        charged = std::exchange(charged_, 0)](const std::string* message) {
    budget->Release(charged);
    delete message;
  };
  prefix_size_ = 0;
  return std::shared_ptr<const std::string>(new std::string(std::exchange(message_, {})), release);
}

Status MessageReader::Inflate() {
  http::BodyBuffer plain(pool_, *budget_);
  plain.Start(0, options_.max_buffered_bytes);
  RETURN_IF_ERROR(InflateMessage(options_.encoding, std::as_bytes(std::span(message_)),
                                 options_.max_message_bytes, plain));
  const size_t size = plain.bytes().size();
  if (size > charged_) RETURN_IF_ERROR(Charge(size - charged_));
  message_.assign(reinterpret_cast<const char*>(plain.bytes().data()), size);
  plain.Release();
  return OkStatus();
}

}  // namespace slipway::grpc
