// Streaming calls: the part of a stream between its connection and the call's messages.

#include <utility>
#include <vector>

#include "base/mutex.h"
#include "transport/grpc/status.h"
#include "transport/http2/connection.h"
#include "transport/http2/stream.h"

namespace slipway::http2 {

// What is said by any thread waits here for the loop, so that the order of saying it stays.
class Stream::Writer final : public http::StreamWriter,
                             public std::enable_shared_from_this<Writer> {
 public:
  explicit Writer(std::shared_ptr<http::Loop> io) : io_(std::move(io)) {}

  void Write(http::StreamMessage message) override {
    Say([&] {
      if (!finished_) messages_.push_back(std::move(message));
    });
  }
  void Finish(const Status& status) override {
    Say([&] {
      if (!finished_) final_ = status;
      finished_ = true;
    });
  }
  void ReadMore() override {
    Say([&] { read_more_ = true; }, /*at_once=*/false);
  }

  /// What was said so far and what follows goes to `stream`; null: the call is over. Threads: the
  /// loop's.
  void Attach(Stream* stream) {
    stream_ = stream;
    Pass();
  }

 private:
  template <typename F>
  void Say(F say, bool at_once = true) {
    {
      const MutexLock lock(mutex_);
      say();
      if (posted_ && !io_->is_current()) return;
      posted_ = posted_ || !(at_once && io_->is_current());
    }
    if (at_once && io_->is_current()) return Pass();
    io_->Post([self = shared_from_this()] { self->Pass(); });
  }

  void Pass() {
    if (stream_ == nullptr) return;
    std::vector<http::StreamMessage> messages;
    std::optional<Status> final;
    bool read_more = false;
    {
      const MutexLock lock(mutex_);
      messages.swap(messages_);
      final.swap(final_);
      read_more = std::exchange(read_more_, false);
      posted_ = false;
    }
    stream_->OnSaid(std::move(messages), final, read_more);
  }

  const std::shared_ptr<http::Loop> io_;
  Stream* stream_ = nullptr;  // the loop's thread only
  Mutex mutex_;
  std::vector<http::StreamMessage> messages_ ABSL_GUARDED_BY(mutex_);
  std::optional<Status> final_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_more_ ABSL_GUARDED_BY(mutex_) = false;
  bool posted_ ABSL_GUARDED_BY(mutex_) = false;
};

void Stream::OpenCall() {
  phase_ = Phase::kCall;
  body_left_ = 0;
  const http::Limits& limits = io_.limits();
  writer_ = std::make_shared<Writer>(connection_.loop_owner());
  call_ = std::make_unique<StreamingCall>(
      matched_->open(*this, writer_), io_.budget(), io_.pool(),
      grpc::MessageReader::Options{.max_message_bytes = limits.max_body_bytes,
                                   .max_buffered_bytes = limits.max_buffered_bytes,
                                   .encoding = std::string(grpc_encoding_)});
  writer_->Attach(this);
}

// A refused call is over for its reader; the client hears why after what was already said.
size_t Stream::CheckCall(const StatusOr<size_t>& taken) {
  if (taken.ok()) return *taken;
  OnSaid({}, taken.status(), false);
  return 0;
}

void Stream::OnSaid(std::vector<http::StreamMessage> messages, const std::optional<Status>& final,
                    bool read_more) {
  for (http::StreamMessage& message : messages) call_->Write(std::move(message));
  if (final) call_->Finish(*final);
  if (read_more && !closed_) connection_.Consumed(*this, CheckCall(call_->ReadMore()));
  if (closed_ || (messages.empty() && !final)) return;
  if (!call_answered_) {
    call_answered_ = true;
    deadline_ = connection_.now() + io_.limits().write_timeout;
    if (call_->finished() && call_->bytes_left() == 0)
      connection_.SubmitGrpcStatus(*this, grpc::CodeOf(*final), *final);
    else
      SubmitCallHead();
  } else {
    connection_.Resume(*this);
  }
  connection_.FlushSoon();
}

void Stream::EndCall() {
  if (!call_) return;
  writer_->Attach(nullptr);
  call_->OnEnd();
  if (!call_->finished() || !call_->final_status().ok()) {
    response_.failure = call_->finished() ? call_->final_status()
                                          : MakeError(Reason::kCancelled, "the client has gone");
    response_.status = InfoOf(ReasonOf(response_.failure)).http_status;
  }
}

}  // namespace slipway::http2
