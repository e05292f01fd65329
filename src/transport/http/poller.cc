#include "transport/http/poller.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace slipway::http {
namespace {

constexpr size_t kGathered = 8;  // most of the gain; the first of them waits for the others' work
constexpr uint32_t kBroken = EPOLLHUP | EPOLLERR;
constexpr uint32_t kHungUp = EPOLLRDHUP | kBroken;

bool Set(int epoll, int operation, int fd, uint32_t events, void* data) {
  epoll_event event{};
  event.events = events | EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.ptr = data;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

int Milliseconds(Duration wait) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

}  // namespace

Status Poller::Open() {
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.is_open() || !wake_.is_open() ||
      !Set(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), 0, nullptr))
    return Error(Reason::kIo, "cannot open an event loop: {}", std::strerror(errno));
  return OkStatus();
}

bool Poller::Watch(int fd, Watcher& watcher) {
  return Set(epoll_.get(), EPOLL_CTL_ADD, fd, 0, &watcher);
}

void Poller::WatchWritable(int fd, Watcher& watcher) {
  Set(epoll_.get(), EPOLL_CTL_MOD, fd, EPOLLOUT, &watcher);
}

// A child that was forked meanwhile may hold the descriptor open, so closing it is not enough to
// leave the epoll.
void Poller::Forget(int fd, Watcher& watcher) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  std::erase(again_, &watcher);
  std::erase(gathered_, &watcher);
  std::replace(called_together_.begin(), called_together_.end(), &watcher,
               static_cast<Watcher*>(nullptr));
  for (epoll_event& event : ready_)
    if (event.data.ptr == &watcher) event.events = 0;
}

void Poller::CallAgain(Watcher& watcher) {
  if (std::find(again_.begin(), again_.end(), &watcher) == again_.end()) again_.push_back(&watcher);
}

void Poller::CallTogether(Watcher& watcher) { gathered_.push_back(&watcher); }

void Poller::Post(std::function<void()> task) {
  bool first;
  {
    MutexLock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) Wake();
}

void Poller::RunPosted() {
  std::vector<std::function<void()>> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void Poller::Run(const std::function<void()>& on_handled,
                 const std::function<Pause(TimePoint now)>& on_turn) {
  Pause pause;
  while (!stopping_.load(std::memory_order_relaxed)) {
    WaitFor(pause);
    CallReady();
    on_handled();
    CallGathered();
    CallThoseAgain();
    if (std::exchange(woken_, false)) RunPosted();
    pause = on_turn(std::chrono::steady_clock::now());
    on_handled();  // what any of these has brought; it is written in the next turn, which comes at
                   // once
  }
}

void Poller::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  Wake();
}

// Never read: edge-triggered, every write is an event of its own.
void Poller::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
}

void Poller::WaitFor(const Pause& pause) {
  if (!again_.empty() || !gathered_.empty() || pause.longest <= Duration::zero()) {
    Ask(0);
    return;
  }
  ShortWaits& waits = short_waits_[pause.for_others];
  const bool are_short = waits.AreExpected();
  if (are_short && Ask(0) > 0) return waits.Note(Duration::zero());
  const TimePoint begin = std::chrono::steady_clock::now();
  if (!are_short || AskUntil(begin + ShortWaits::kShort) == 0) Ask(Milliseconds(pause.longest));
  waits.Note(std::chrono::steady_clock::now() - begin);
}

int Poller::AskUntil(TimePoint end) {
  int count;
  do count = Ask(0);
  while (count == 0 && std::chrono::steady_clock::now() < end);
  return count;
}

int Poller::Ask(int timeout_ms) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  ready_ = std::span(events_).first(static_cast<size_t>(std::max(count, 0)));
  return count;
}

void Poller::CallReady() {
  while (!ready_.empty()) {
    const epoll_event event = ready_.front();
    ready_ = ready_.subspan(1);
    const uint32_t events = event.events;
    if (event.data.ptr == nullptr)
      woken_ = true;
    else if (events != 0)
      static_cast<Watcher*>(event.data.ptr)
          ->OnReady({.readable = (events & (EPOLLIN | kHungUp)) != 0,
                     .writable = (events & (EPOLLOUT | kHungUp)) != 0,
                     .hung_up = (events & kHungUp) != 0,
                     .broken = (events & kBroken) != 0});
    if (gathered_.size() >= kGathered) CallGathered();
  }
}

void Poller::CallGathered() {
  called_together_.swap(gathered_);
  for (size_t i = 0; i < called_together_.size(); ++i)
    if (called_together_[i] != nullptr) called_together_[i]->OnReady({.writable = true});
  called_together_.clear();
}

void Poller::CallThoseAgain() {
  for (size_t left = again_.size(); left > 0 && !again_.empty(); --left) {
    Watcher* const watcher = again_.front();
    again_.erase(again_.begin());
    watcher->OnReady({.readable = true});
  }
}

}  // namespace slipway::http
