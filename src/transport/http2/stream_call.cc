// Streaming calls: the part of a stream between its connection and the call's messages.

#include <exception>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "transport/grpc/status.h"
#include "transport/http2/connection.h"
#include "transport/http2/stream.h"

namespace slipway::http2 {

// What is said by any thread waits here for the loop, so that the order of saying it stays.
class Stream::Writer final : public http::StreamWriter,
                             public std::enable_shared_from_this<Writer> {
 public:
  Writer(std::shared_ptr<http::Loop> io, http::Coding coding)
      : io_(std::move(io)), coding_(coding) {}

  void Write(http::StreamMessage message) override {
    message.compressed = http::CompressBody(coding_, io_->shared().options.grpc_compression,
                                            message.body, message.parts);
    Say([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (!finished_) messages_.push_back(std::move(message));
    });
  }
  void Finish(const Status& status) override {
    Say([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (!finished_) final_ = status;
      finished_ = true;
    });
  }
  void ReadMore() override {
    Say([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { read_more_ = true; }, /*at_once=*/false);
  }
  /// Stream::OnWoken follows.
  void Wake() {
    Say([] {}, /*at_once=*/false);
  }

  /// What was said so far and what follows goes to `stream`; null: the call is over. Threads: the
  /// loop's.
  void Attach(Stream* stream) {
    stream_ = stream;
    PassSaid();
  }

 private:
  template <typename F>
  void Say(F say, bool at_once = true) {
    {
      const MutexLock lock(mutex_);
      say();
      at_once = at_once && io_->is_current();
      if (!at_once && std::exchange(posted_, true)) return;
    }
    if (at_once) return PassSaid();
    io_->Post([self = shared_from_this()] { self->Pass(); });
  }

  // Perhaps within a call to the reader, which must not be given the next message there.
  void PassSaid() {
    if (stream_ == nullptr) return;
    std::vector<http::StreamMessage> messages;
    std::optional<Status> final;
    {
      const MutexLock lock(mutex_);
      messages.swap(messages_);
      final.swap(final_);
    }
    if (!messages.empty() || final) stream_->OnSaid(std::move(messages), final);
  }

  void Pass() {
    bool read_more = false;
    {
      const MutexLock lock(mutex_);
      posted_ = false;
      read_more = std::exchange(read_more_, false);
    }
    PassSaid();
    if (stream_ != nullptr) stream_->OnWoken(read_more);
  }

  const std::shared_ptr<http::Loop> io_;
  const http::Coding coding_;
  Stream* stream_ = nullptr;  // the loop's thread only
  Mutex mutex_;
  std::vector<http::StreamMessage> messages_ ABSL_GUARDED_BY(mutex_);
  std::optional<Status> final_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_more_ ABSL_GUARDED_BY(mutex_) = false;
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
};

void Stream::OpenCall() {
  const http::Limits& limits = io_.limits();
  deadline_ = request_.received + limits.write_timeout;
  writer_ = std::make_shared<Writer>(connection_.loop_owner(), coding_);
  const Status failure = NoThrow([&] {
    call_ = std::make_unique<StreamingCall>(
        matched_->open(*this, writer_), io_.budget(), io_.pool(),
        grpc::MessageReader::Options{.max_message_bytes = limits.max_body_bytes,
                                     .max_buffered_bytes = limits.max_buffered_bytes,
                                     .encoding = std::string(grpc_encoding_)});
  });
  if (!failure.ok()) return Refuse(failure);
  phase_ = Phase::kCall;
  writer_->Attach(this);
}

// Third-party code may throw; here is where that ends.
Status Stream::NoThrow(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& error) {
    return Error(Reason::kInternal, "{}: the method threw: {}", route_, error.what());
  } catch (...) {
    return Error(Reason::kInternal, "{}: the method threw", route_);
  }
  return OkStatus();
}

// A call that fails is over for its reader; the client hears why after what was already said.
size_t Stream::TryCall(const std::function<StatusOr<size_t>()>& step) {
  StatusOr<size_t> taken = size_t{0};
  Status failure = NoThrow([&] { taken = step(); });
  if (failure.ok()) failure = taken.status();
  if (failure.ok()) return *taken;
  OnSaid({}, failure);
  return 0;
}

void Stream::OnSaid(std::vector<http::StreamMessage> messages, const std::optional<Status>& final) {
  if (call_->bytes_left() == 0) {  // the client's time to take them begins
    deadline_ = connection_.now() + io_.limits().write_timeout;
    window_bytes_ = 0;
  }
  for (http::StreamMessage& message : messages) call_->Write(std::move(message));
  if (final && !call_->finished())
    call_->Finish(final->ok() ? *final : http::ToldToClient(*final, request_id_));
  if (closed_) return;
  if (!call_answered_) {
    call_answered_ = true;
    if (call_->finished() && call_->bytes_left() == 0)
      connection_.SubmitGrpcStatus(*this, grpc::CodeOf(final_status()), final_status());
    else
      SubmitCallHead();
  } else {
    connection_.Resume(*this);
  }
  connection_.FlushSoon();
}

size_t Stream::OnCallData(std::string_view data) {
  received_bytes_ += data.size();
  DeliverSoon();
  return TryCall([&] { return call_->OnData(data); });
}

void Stream::DeliverSoon() {
  if (!std::exchange(deliver_soon_, true)) connection_.HandleSoon(*this);
}

void Stream::Deliver() {
  deliver_soon_ = false;
  connection_.Consumed(*this, TryCall([&] { return call_->Deliver(); }));
}

void Stream::OnWoken(bool read_more) {
  if (read_more) call_->ReadMore();
  if (!closed_) Deliver();
}

void Stream::WakeCall() { writer_->Wake(); }

Stream::Verdict Stream::SweepCall(TimePoint now) {
  if (request_.deadline && now >= *request_.deadline && !call_->finished())
    OnSaid({}, MakeError(Reason::kDeadlineExceeded, "the deadline of the call has passed"));
  if (now < deadline_) return Verdict::kGoOn;
  const http::Limits& limits = io_.limits();
  if (call_->bytes_left() > 0 && window_bytes_ == 0) return Verdict::kReset;
  const auto window = static_cast<uint64_t>(limits.write_timeout.count());
  const uint64_t open = call_->open_message();
  if (open != 0 && open == open_message_ && !call_->finished() &&
      received_bytes_ < limits.min_body_bytes_per_s * window / 1000)
    OnSaid({}, Error(Reason::kSlowRequest, "the message came slower than {} bytes a second",
                     limits.min_body_bytes_per_s));
  open_message_ = open;
  received_bytes_ = window_bytes_ = 0;
  deadline_ = now + limits.write_timeout;
  return Verdict::kGoOn;
}

void Stream::EndCall() {
  if (!call_) return;
  writer_->Attach(nullptr);
  if (const Status failure = NoThrow([&] { call_->OnEnd(); }); !failure.ok())
    log::Error("the end of a call", {{"request_id", request_id_}, {"detail", MessageOf(failure)}});
  if (!call_->finished() || !call_->final_status().ok()) {
    response_.failure = call_->finished() ? call_->final_status()
                                          : MakeError(Reason::kCancelled, "the client has gone");
    response_.status = InfoOf(ReasonOf(response_.failure)).http_status;
  }
}

}  // namespace slipway::http2
