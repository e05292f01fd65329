#include "client/http_load.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "client/response_parser.h"

namespace slipway::client {
namespace {

using std::chrono::milliseconds;

constexpr Duration kConnectTimeout = std::chrono::seconds(5);
constexpr Duration kHousekeeping =
    milliseconds(50);                // between looks at timeouts, stop flag, progress
constexpr int kMaxLostInARow = 100;  // connections; then the server is gone

struct Connection {
  Socket socket;
  ResponseParser parser;
  std::string buffer;
  const LoadRequest* request = nullptr;  // in flight; null = idle
  std::string_view unsent;               // rest of request->wire
  TimePoint due{};                       // latency counts from here
  TimePoint sent_at{};
  bool wants_write = false;  // registered for EPOLLOUT
};

class HttpLoad {
 public:
  explicit HttpLoad(const HttpLoadOptions& options)
      : options_(options),
        shape_(options.shape),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(static_cast<size_t>(options.shape.concurrency)),
        scratch_(size_t{256} << 10, '\0') {
    if (shape_.rate > 0) interval_ns_ = 1e9 / shape_.rate;
    for (Connection& connection : connections_)
      connection.parser = ResponseParser({.keep_headers = false});
  }

  StatusOr<LoadReport> Run() {
    for (Connection& connection : connections_) RETURN_IF_ERROR(Open(connection));
    start_ = now_ = SteadyClock().Now();
    measured_ = start_ + shape_.warm_up;
    end_ = measured_ + shape_.duration;
    TimePoint next_housekeeping = start_;
    while (now_ < end_ || in_flight_ > 0) {
      if (now_ >= next_housekeeping) {
        next_housekeeping = now_ + kHousekeeping;
        RETURN_IF_ERROR(KeepHouse());
      }
      if (now_ < end_) RETURN_IF_ERROR(SendWhatIsDue());
      RETURN_IF_ERROR(WaitAndHandle(next_housekeeping));
    }
    report_.elapsed = end_ - measured_;
    if (shape_.rate > 0)
      report_.unsent = CountDue(end_ - Duration(1)) - sent_;  // due at the end itself is not due
    return std::move(report_);
  }

 private:
  Status Open(Connection& connection) {
    ASSIGN_OR_RETURN(connection.socket,
                     Socket::Connect(options_.endpoint, SteadyClock().Now() + kConnectTimeout));
    connection.buffer.clear();
    connection.wants_write = false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<uint64_t>(&connection - connections_.data());
    if (epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, connection.socket.fd(), &event) != 0)
      return Error(Reason::kIo, "epoll: {}", std::strerror(errno));
    return OkStatus();
  }

  /// Requests of the open loop due by `time`, since the start.
  uint64_t CountDue(TimePoint time) const {
    return static_cast<uint64_t>(static_cast<double>((time - start_).count()) / interval_ns_) + 1;
  }
  TimePoint DueTime(uint64_t index) const {
    return start_ + Duration(static_cast<int64_t>(static_cast<double>(index) * interval_ns_));
  }

  Status SendWhatIsDue() {
    const bool open_loop = shape_.rate > 0;
    const uint64_t due = open_loop ? CountDue(now_) : UINT64_MAX;
    while (sent_ < due && in_flight_ < connections_.size()) {
      Connection& connection = NextIdle();
      if (!connection.socket.valid()) RETURN_IF_ERROR(Open(connection));
      connection.request = &options_.requests[sent_ % options_.requests.size()];
      connection.unsent = connection.request->wire;
      connection.due = open_loop ? DueTime(sent_) : now_;
      connection.sent_at = now_;
      connection.parser.Reset();
      ++sent_;
      ++in_flight_;
      RETURN_IF_ERROR(Write(connection));
    }
    return OkStatus();
  }

  Connection& NextIdle() {
    while (connections_[next_].request != nullptr) next_ = (next_ + 1) % connections_.size();
    return connections_[next_];
  }

  Status Write(Connection& connection) {
    while (!connection.unsent.empty()) {
      const ssize_t sent = send(connection.socket.fd(), connection.unsent.data(),
                                connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) break;
      if (sent < 0) return Lose(connection, fmt::format("send: {}", std::strerror(errno)));
      connection.unsent.remove_prefix(static_cast<size_t>(sent));
    }
    const bool wants_write = !connection.unsent.empty();
    if (wants_write == connection.wants_write) return OkStatus();
    connection.wants_write = wants_write;
    epoll_event event{};
    event.events = wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = static_cast<uint64_t>(&connection - connections_.data());
    epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, connection.socket.fd(), &event);
    return OkStatus();
  }

  Status Read(Connection& connection) {
    const ssize_t got = recv(connection.socket.fd(), scratch_.data(), scratch_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return OkStatus();
    if (got < 0) return Lose(connection, fmt::format("recv: {}", std::strerror(errno)));
    if (got == 0) {
      if (connection.request != nullptr && connection.parser.Finish()) return Complete(connection);
      return Lose(connection, "the server closed the connection before it answered");
    }
    if (connection.request == nullptr) return Lose(connection, "bytes that answer no request");
    connection.buffer.append(scratch_.data(), static_cast<size_t>(got));
    const StatusOr<bool> done = connection.parser.Feed(connection.buffer);
    if (!done.ok()) return Lose(connection, MessageOf(done.status()));
    return *done ? Complete(connection) : OkStatus();
  }

  Status Complete(Connection& connection) {
    const HttpResponse& response = connection.parser.response();
    const bool right =
        connection.request->expected.empty() || response.body == connection.request->expected;
    if (connection.due >= measured_) {
      report_.latency.Record(SteadyClock().Now() - connection.due);
      ++report_.completed;
      ++report_.by_status[response.status];
      report_.bytes_received += response.body.size();
      if (response.status != 200)
        Problem(fmt::format("HTTP {}: {}", response.status, response.body));
      else if (!right)
        Problem(fmt::format("unexpected answer: {}", response.body));
      report_.succeeded += response.status == 200 && right;
      report_.wrong_answers += response.status == 200 && !right;
    }
    lost_in_a_row_ = 0;
    connection.request = nullptr;
    --in_flight_;
    if (!response.keep_alive || !connection.unsent.empty()) connection.socket.Close();
    return OkStatus();
  }

  /// The connection is of no more use. It is opened again when a request needs it.
  Status Lose(Connection& connection, std::string_view why) {
    connection.socket.Close();
    connection.buffer.clear();
    if (connection.request == nullptr) return OkStatus();
    if (connection.due >= measured_) {
      ++report_.failures;
      Problem(why);
    }
    connection.request = nullptr;
    --in_flight_;
    if (++lost_in_a_row_ < kMaxLostInARow) return OkStatus();
    return Error(Reason::kIo, "{} connections in a row were lost: {}", kMaxLostInARow, why);
  }

  void Problem(std::string_view what) {
    constexpr size_t kMaxProblem = 300;
    if (report_.first_problem.empty()) report_.first_problem = what.substr(0, kMaxProblem);
  }

  Status KeepHouse() {
    for (Connection& connection : connections_) {
      if (connection.request == nullptr || now_ - connection.sent_at < options_.timeout) continue;
      if (connection.due >= measured_) ++report_.timeouts;
      connection.request = nullptr;
      connection.socket.Close();
      --in_flight_;
    }
    if (shape_.stop != nullptr && shape_.stop->load(std::memory_order_relaxed) && now_ < end_)
      end_ = std::max(now_, measured_);
    if (shape_.on_progress && now_ < end_)
      shape_.on_progress(std::chrono::duration<double>(now_ - start_) / (end_ - start_));
    return OkStatus();
  }

  Status WaitAndHandle(TimePoint next_housekeeping) {
    TimePoint until = next_housekeeping;
    const bool waits_for_due = shape_.rate > 0 && now_ < end_ && in_flight_ < connections_.size();
    if (waits_for_due) until = std::min(until, DueTime(sent_));
    if (now_ < end_) until = std::min(until, end_);
    const int64_t wait_ns = std::max<int64_t>((until - SteadyClock().Now()).count(), 0);
    const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
    std::array<epoll_event, 64> events;
    int ready = epoll_pwait2(epoll_.fd(), events.data(), events.size(), &wait, nullptr);
    if (ready < 0 && errno == ENOSYS)  // Linux before 5.11
      ready = epoll_wait(epoll_.fd(), events.data(), events.size(),
                         static_cast<int>(wait_ns / 1'000'000));
    now_ = SteadyClock().Now();
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections_[events[static_cast<size_t>(i)].data.u64];
      const uint32_t what = events[static_cast<size_t>(i)].events;
      if (connection.socket.valid() && (what & EPOLLOUT)) RETURN_IF_ERROR(Write(connection));
      if (connection.socket.valid() && (what & ~uint32_t{EPOLLOUT}))
        RETURN_IF_ERROR(Read(connection));
    }
    return OkStatus();
  }

  const HttpLoadOptions& options_;
  const LoadShape& shape_;
  const Socket epoll_;  // a descriptor that closes itself
  std::vector<Connection> connections_;
  std::string scratch_;
  double interval_ns_ = 0;
  TimePoint start_{}, measured_{}, end_{}, now_{};
  uint64_t sent_ = 0;
  size_t in_flight_ = 0;
  size_t next_ = 0;
  int lost_in_a_row_ = 0;
  LoadReport report_;
};

}  // namespace

StatusOr<LoadReport> RunHttpLoad(const HttpLoadOptions& options) {
  SLIPWAY_CHECK(options.shape.concurrency > 0, "a load has a connection");
  SLIPWAY_CHECK(!options.requests.empty(), "a load has a request");
  return HttpLoad(options).Run();
}

}  // namespace slipway::client
