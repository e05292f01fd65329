#include "engine/onnxruntime/watchdog.h"

namespace slipway::onnxruntime {

Watchdog::Watchdog() : thread_([this](std::stop_token stop) { Loop(std::move(stop)); }) {}

Watchdog::Watch::Watch(Watchdog& watchdog, TimePoint deadline, std::function<void()> expire)
    : watchdog_(watchdog), deadline_(deadline), expire_(std::move(expire)) {
  MutexLock lock(watchdog_.mutex_);
  watchdog_.watched_.emplace(deadline_, this);
  if (deadline_ < watchdog_.sleeps_until_) watchdog_.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  MutexLock lock(watchdog_.mutex_);
  watchdog_.watched_.erase({deadline_, this});
}

void Watchdog::Loop(std::stop_token stop) {
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  });
  const SteadyClock clock;
  MutexLock lock(mutex_);
  while (!stopping_) {
    while (!watched_.empty() && watched_.begin()->first <= clock.Now()) {
      watched_.begin()->second->expire_();
      watched_.erase(watched_.begin());
    }
    sleeps_until_ = watched_.empty() ? TimePoint::max() : watched_.begin()->first;
    if (watched_.empty()) lock.Wait(changed_);
    else lock.WaitUntil(changed_, sleeps_until_);
  }
}

}  // namespace slipway::onnxruntime
