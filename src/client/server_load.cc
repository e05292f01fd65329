#include "client/server_load.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"
#include "transport/http/descriptor.h"

namespace slipway::client {
namespace {

using std::chrono::milliseconds;

constexpr Duration kConnectTimeout = std::chrono::seconds(5);
constexpr Duration kHousekeeping =
    milliseconds(50);                // between looks at timeouts, stop flag, progress
constexpr int kMaxLostInARow = 100;  // connections; then the server is gone
constexpr int kStreamsAConnection = 100;

/// A connection and what it speaks.
struct Lane {
  Connection connection;
  std::unique_ptr<Wire> wire;  // of the open connection
  bool unflushed = false;      // something is to be sent; the lane is among unflushed_
};

/// One of the calls that may be in flight.
struct Call {
  const LoadRequest* request = nullptr;  // in flight; null = free
  TimePoint due{};                       // latency counts from here
  TimePoint sent_at{};
};

size_t LaneCount(const ServerLoadOptions& options) {
  const int calls = options.shape.concurrency;
  if (options.target.endpoint.protocol == Protocol::kHttp) return static_cast<size_t>(calls);
  const int wanted = options.connections > 0
                         ? options.connections
                         : (calls + kStreamsAConnection - 1) / kStreamsAConnection;
  return static_cast<size_t>(std::min(wanted, calls));
}

class ServerLoad {
 public:
  explicit ServerLoad(const ServerLoadOptions& options)
      : options_(options),
        shape_(options.shape),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        lanes_(LaneCount(options)),
        calls_(static_cast<size_t>(options.shape.concurrency)),
        scratch_(size_t{256} << 10, '\0') {
    for (size_t i = calls_.size(); i > 0; --i) free_.push_back(i - 1);
    report_.slice_length = shape_.duration / LoadReport::kSlices;
    report_.open_loop = shape_.rate > 0;
  }

  StatusOr<LoadReport> Run() {
    for (Lane& lane : lanes_) RETURN_IF_ERROR(Open(lane));
    start_ = now_ = SteadyClock().Now();
    measured_ = start_ + shape_.warm_up;
    end_ = measured_ + shape_.duration;
    if (shape_.rate > 0) arrivals_.emplace(start_, shape_.rate, shape_.arrivals);
    if (const Status ran = RunToTheEnd(); !ran.ok()) {
      if (report_.completed == 0) return ran;
      report_.ended_early = MessageOf(ran);
      end_ = std::min(end_, now_);
    }
    report_.elapsed = end_ - measured_;
    CountUnsent();
    return std::move(report_);
  }

 private:
  Status RunToTheEnd() {
    TimePoint next_housekeeping = start_;
    while (now_ < end_ || free_.size() < calls_.size() || SomethingIsDue()) {
      if (now_ >= next_housekeeping) {
        next_housekeeping = now_ + kHousekeeping;
        RETURN_IF_ERROR(KeepHouse());
      }
      RETURN_IF_ERROR(SendWhatIsDue());
      RETURN_IF_ERROR(WaitAndHandle(next_housekeeping));
    }
    return gone_;
  }

  // A call's slot decides its connection, so that all have the same share.
  Lane& LaneOf(size_t call) { return lanes_[call % lanes_.size()]; }

  Status Open(Lane& lane) {
    ASSIGN_OR_RETURN(lane.connection,
                     Connection::Open(options_.target, SteadyClock().Now() + kConnectTimeout));
    lane.wire = Wire::Create(options_.target.endpoint);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = static_cast<uint64_t>(&lane - lanes_.data());
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, lane.connection.socket().fd(), &event) != 0)
      return Error(Reason::kIo, "epoll: {}", std::strerror(errno));
    return OkStatus();
  }

  bool SomethingIsDue() const {
    if (!gone_.ok()) return false;
    if (!arrivals_) return now_ < end_;
    return arrivals_->next() < end_ && arrivals_->next() <= now_ &&
           now_ < end_ + LoadReport::kGrace;
  }

  Status SendWhatIsDue() {
    while (SomethingIsDue()) {
      const std::optional<size_t> call = TakeFreeCall();
      if (!call) break;
      RETURN_IF_ERROR(Begin(*call));
    }
    for (Lane* lane : unflushed_) {
      lane->unflushed = false;
      RETURN_IF_ERROR(Flush(*lane));
    }
    unflushed_.clear();
    return OkStatus();
  }

  /// One whose connection takes it; opens that where needed. Without a server there is none.
  std::optional<size_t> TakeFreeCall() {
    for (size_t i = free_.size(); i > 0; --i) {
      const size_t call = free_[i - 1];
      Lane& lane = LaneOf(call);
      if (!lane.connection.is_open()) gone_ = Open(lane);
      if (!gone_.ok()) {
        end_ = std::min(end_, now_);
        return std::nullopt;
      }
      if (!lane.wire->CanBegin()) continue;
      free_.erase(free_.begin() + static_cast<ptrdiff_t>(i - 1));
      return call;
    }
    return std::nullopt;
  }

  Status Begin(size_t index) {
    Call& call = calls_[index];
    call.request = &options_.requests[begun_++ % options_.requests.size()];
    call.due = arrivals_ ? arrivals_->next() : now_;
    call.sent_at = now_;
    if (arrivals_) arrivals_->Advance();
    if (arrivals_ && call.due >= measured_ && now_ - call.due > LoadReport::kLate)
      ++report_.late_starts;
    Lane& lane = LaneOf(index);
    FlushLater(lane);
    const Status begun = lane.wire->Begin(index, call.request->wire);
    return begun.ok() ? begun : Lose(lane, MessageOf(begun));
  }

  /// So that calls which begin together leave together.
  void FlushLater(Lane& lane) {
    if (!std::exchange(lane.unflushed, true)) unflushed_.push_back(&lane);
  }

  Status Flush(Lane& lane) {
    while (lane.connection.is_open()) {
      const StatusOr<std::string_view> output = lane.wire->Output();
      if (!output.ok()) return Lose(lane, MessageOf(output.status()));
      if (output->empty()) return OkStatus();
      const http::Sent sent = lane.connection.socket().Send(*output);
      lane.wire->Consume(sent.bytes);
      if (sent.failed) return Lose(lane, "the server " + lane.connection.EndText());
      if (sent.blocked) return OkStatus();
    }
    return OkStatus();
  }

  Status Read(Lane& lane) {
    const auto on_answer = [this](const Wire::Answer& answer) { Complete(answer); };
    while (lane.connection.is_open()) {
      const http::Received got = lane.connection.socket().Receive(scratch_);
      if (got.ended) {
        lane.wire->ReceiveEnd(on_answer);
        return Lose(lane, "the server " + lane.connection.EndText());
      }
      if (got.bytes > 0) {
        const Status read = lane.wire->Receive({scratch_.data(), got.bytes}, on_answer);
        if (!read.ok()) return Lose(lane, MessageOf(read));
      }
      if (lane.wire->finished()) lane.connection.Close();
      if (!got.more) return OkStatus();
    }
    return OkStatus();
  }

  void Complete(const Wire::Answer& answer) {
    const Call& call = calls_[answer.call];
    const auto& [wire, expected, is_right] = *call.request;
    const bool ok = answer.error.ok();
    const bool right =
        ok && (expected.empty() || answer.body == expected || (is_right && is_right(answer.body)));
    const Duration took = SteadyClock().Now() - call.due;
    report_.Record(call.due - measured_, took, /*has_answer=*/true);
    if (call.due >= measured_) {
      report_.by_status[answer.status].Record(took);
      report_.bytes_received += answer.body.size();
      report_.succeeded += right;
      report_.wrong_answers += ok && !right;
      if (!ok)
        report_.NoteProblem(MessageOf(answer.error));
      else if (!right)
        report_.NoteProblem(fmt::format("unexpected answer: {}", answer.body));
    }
    lost_in_a_row_ = 0;
    Free(answer.call);
  }

  void Free(size_t call) {
    calls_[call].request = nullptr;
    free_.push_back(call);
  }

  /// The connection is of no more use. It is opened again when a request needs it.
  Status Lose(Lane& lane, std::string_view why) {
    lane.connection.Close();
    bool any = false;
    for (auto i = static_cast<size_t>(&lane - lanes_.data()); i < calls_.size();
         i += lanes_.size()) {
      if (calls_[i].request == nullptr) continue;
      any = true;
      if (calls_[i].due >= measured_) {
        ++report_.failures;
        report_.NoteProblem(why);
      }
      Free(i);
    }
    if (!any || ++lost_in_a_row_ < kMaxLostInARow) return OkStatus();
    return Error(Reason::kIo, "{} connections in a row were lost: {}", kMaxLostInARow, why);
  }

  Status KeepHouse() {
    for (size_t i = 0; i < calls_.size(); ++i) {
      const Call& call = calls_[i];
      if (call.request == nullptr || now_ - call.sent_at < options_.timeout) continue;
      if (call.due >= measured_) {
        ++report_.timeouts;
        report_.Record(call.due - measured_, now_ - call.due, /*has_answer=*/false);
      }
      Lane& lane = LaneOf(i);
      if (lane.wire->Cancel(i))
        FlushLater(lane);
      else
        lane.connection.Close();
      Free(i);
    }
    if (shape_.stop != nullptr && shape_.stop->load(std::memory_order_relaxed) && now_ < end_)
      end_ = std::max(now_, measured_);
    if (shape_.on_progress && now_ < end_)
      shape_.on_progress(std::chrono::duration<double>(now_ - start_) / (end_ - start_));
    return OkStatus();
  }

  TimePoint NextMoment(TimePoint next_housekeeping) const {
    TimePoint until = next_housekeeping;
    if (now_ >= end_) return until;
    if (arrivals_ && !free_.empty()) until = std::min(until, arrivals_->next());
    return std::min(until, end_);
  }

  Status WaitAndHandle(TimePoint next_housekeeping) {
    const int64_t wait_ns =
        std::max<int64_t>((NextMoment(next_housekeeping) - SteadyClock().Now()).count(), 0);
    const timespec wait{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
    std::array<epoll_event, 64> events;
    int ready = epoll_pwait2(epoll_.get(), events.data(), events.size(), &wait, nullptr);
    if (ready < 0 && errno == ENOSYS)  // Linux before 5.11
      ready = epoll_wait(epoll_.get(), events.data(), events.size(),
                         static_cast<int>(wait_ns / 1'000'000));
    now_ = SteadyClock().Now();
    for (int i = 0; i < ready; ++i) {
      Lane& lane = lanes_[events[static_cast<size_t>(i)].data.u64];
      RETURN_IF_ERROR(Read(lane));
      RETURN_IF_ERROR(Flush(lane));  // also what answers the server's own frames
    }
    return OkStatus();
  }

  void CountUnsent() {
    if (!arrivals_) return;
    for (; arrivals_->next() < end_; arrivals_->Advance()) {
      const TimePoint due = arrivals_->next();
      if (due < measured_) continue;
      ++report_.unsent;
      report_.Record(due - measured_, end_ - due, /*has_answer=*/false);
    }
  }

  const ServerLoadOptions& options_;
  const LoadShape& shape_;
  const http::Descriptor epoll_;
  std::vector<Lane> lanes_;
  std::vector<Lane*> unflushed_;
  std::vector<Call> calls_;
  std::vector<size_t> free_;  // of calls_
  std::string scratch_;
  std::optional<Arrivals> arrivals_;  // of an open loop
  TimePoint start_{}, measured_{}, end_{}, now_{};
  uint64_t begun_ = 0;
  int lost_in_a_row_ = 0;
  Status gone_;  // why no connection can be opened any more: what is in flight is still waited for
  LoadReport report_;
};

}  // namespace

StatusOr<LoadReport> RunServerLoad(const ServerLoadOptions& options) {
  SLIPWAY_CHECK(options.shape.concurrency > 0, "a load has a call in flight");
  SLIPWAY_CHECK(!options.requests.empty(), "a load has a request");
  return ServerLoad(options).Run();
}

}  // namespace slipway::client
