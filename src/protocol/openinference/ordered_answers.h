#pragma once
// The answers of one stream go out in the order of its requests, whichever is ready first.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/status.h"
#include "transport/http/streaming.h"

namespace slipway::openinference {

/// Threads: any.
class OrderedAnswers {
 public:
  /// @param capacity  how many requests may be without their answer before no more are read.
  OrderedAnswers(std::shared_ptr<http::StreamWriter> writer, size_t capacity);

  /// A place behind all others, for Answer.
  uint64_t Reserve();
  /// False: full, and StreamWriter::ReadMore follows.
  bool HasRoom();

  void Answer(uint64_t place, http::StreamMessage message);
  /// Ends the stream with `why` when all before `place` is said. What comes later is not said.
  void Fail(uint64_t place, Status why);
  /// There are no more requests: the stream ends with their answers.
  void Close();

  /// No answer is missing.
  bool empty() const;

 private:
  struct Waiting {
    std::optional<http::StreamMessage> message;
    Status failure;  // instead of a message
    bool ready() const { return message || !failure.ok(); }
  };
  Waiting* At(uint64_t place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendReady() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<http::StreamWriter> writer_;
  const size_t capacity_;
  mutable Mutex mutex_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_ ABSL_GUARDED_BY(mutex_) = 0;  // the place of waiting_'s front
  bool full_ ABSL_GUARDED_BY(mutex_) = false;   // and the reader was told so
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace slipway::openinference
