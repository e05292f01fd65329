#include "protocol/openinference/ordered_answers.h"

#include <utility>

namespace slipway::openinference {

OrderedAnswers::OrderedAnswers(std::shared_ptr<http::StreamWriter> writer, size_t capacity)
    : writer_(std::move(writer)), capacity_(capacity) {}

uint64_t OrderedAnswers::Reserve() {
  const MutexLock lock(mutex_);
  waiting_.emplace_back();
  return first_ + waiting_.size() - 1;
}

bool OrderedAnswers::HasRoom() {
  const MutexLock lock(mutex_);
  full_ = waiting_.size() >= capacity_;
  return !full_;
}

void OrderedAnswers::Answer(uint64_t place, http::StreamMessage message) {
  const MutexLock lock(mutex_);
  if (Waiting* const waiting = At(place)) waiting->message = std::move(message);
  SendReady();
}

void OrderedAnswers::Fail(uint64_t place, Status why) {
  const MutexLock lock(mutex_);
  if (Waiting* const waiting = At(place)) waiting->failure = std::move(why);
  SendReady();
}

void OrderedAnswers::Close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  SendReady();
}

bool OrderedAnswers::empty() const {
  const MutexLock lock(mutex_);
  return waiting_.empty();
}

// Null once the stream has ended with a failure.
OrderedAnswers::Waiting* OrderedAnswers::At(uint64_t place) {
  return place - first_ < waiting_.size() ? &waiting_[place - first_] : nullptr;
}

// The lock is held while writing, or two threads could swap their answers.
void OrderedAnswers::SendReady() {
  while (!waiting_.empty() && waiting_.front().ready()) {
    Waiting front = std::move(waiting_.front());
    waiting_.pop_front();
    ++first_;
    if (!front.failure.ok()) {
      writer_->Finish(front.failure);
      first_ += waiting_.size();
      waiting_.clear();
      return;
    }
    writer_->Write(*std::move(front.message));
  }
  if (closed_ && waiting_.empty()) writer_->Finish(OkStatus());
  if (full_ && waiting_.size() < capacity_) {
    full_ = false;
    writer_->ReadMore();
  }
}

}  // namespace slipway::openinference
