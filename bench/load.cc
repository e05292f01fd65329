// Load on one thread: answers are compared byte for byte, the outcome is one line of JSON.
//
//   load spin|sleep PORT SECONDS CONNECTIONS FILE…      closed loop: each has a request in flight
//   load RATE:LIMIT_US[,…] PORT SECONDS CONNECTIONS FILE…   open loop of RATE requests a second
//
// Each FILE is a whole HTTP request; they are sent in turn. All answers to one file must have the
// same body. A connection that the server ends is opened again. `spin`, for a core of its own,
// never sleeps: a sleeping client is woken by the server's send, and on a virtual machine that
// interrupt costs the server several microseconds, the more often the slower it is, so that two
// servers would be measured with different clients.
//
// The requests of an open loop are due independently of each other (Poisson, from a seed). It
// spins; latency counts from when a request was due, also while it waits for a free connection, and
// what has no answer a second after the end counts with the time until then. It tells besides how
// many were due, how many of them got a 200 within each LIMIT_US ("in_time") and another status
// ("refused").
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Request {
  std::string wire;
  std::string body;  // of the first answer
};

struct Connection {
  int fd = -1;
  Request* request = nullptr;
  Clock::time_point due;
  std::string answer;
};

/// Of an open loop; without a rate it is closed.
struct Pace {
  double per_second = 0;
  std::vector<float> limits_us;
};

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

template <typename Number>
Number Parse(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<float> ParseList(std::string_view text) {
  std::vector<float> values;
  for (size_t end = 0; end != text.npos; text.remove_prefix(std::min(end + 1, text.size()))) {
    end = text.find(',');
    values.push_back(Parse<float>(text.substr(0, end)));
  }
  return values;
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    Fail("load: connect");
  return fd;
}

/// Where `field`, in small letters, stands; npos when it does not.
size_t Find(std::string_view head, std::string_view field) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  const auto at = std::search(head.begin(), head.end(), field.begin(), field.end(), same);
  return at == head.end() ? head.npos : static_cast<size_t>(at - head.begin());
}

/// The server will take no further request on this connection.
bool IsLast(std::string_view head) {
  return head.starts_with("HTTP/1.0") || Find(head, "\r\nconnection: close") != head.npos;
}

/// Size of the whole answer when its head is there, else 0.
size_t AnswerSize(std::string_view answer, size_t& head) {
  head = answer.find("\r\n\r\n");
  if (head == answer.npos) return 0;
  head += 4;
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  const size_t at = Find(answer.substr(0, head), kLength);
  return at == answer.npos ? head : head + Parse<size_t>(answer.substr(at + kLength.size(), 20));
}

class Load {
 public:
  Load(bool spin, Pace pace, uint16_t port, size_t connections, std::vector<Request> requests)
      : wait_ms_(spin ? 0 : 100),
        pace_(std::move(pace)),
        port_(port),
        requests_(std::move(requests)),
        connections_(connections),
        epoll_(epoll_create1(0)) {
    for (Connection& connection : connections_) Open(connection);
  }

  void Run(double seconds) {
    begun_ = Clock::now();
    const auto end = begun_ + ToDuration(seconds);
    if (is_open()) {
      RunOpen(end);
    } else {
      for (Connection& connection : connections_) Send(connection, Clock::now());
      while (Clock::now() < end) Receive();
    }
    Print();
  }

 private:
  static Clock::duration ToDuration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }
  static float Microseconds(Clock::duration duration) {
    return std::chrono::duration<float, std::micro>(duration).count();
  }

  bool is_open() const { return pace_.per_second > 0; }

  void RunOpen(Clock::time_point end) {
    constexpr auto kGrace = std::chrono::seconds(1);
    for (Connection& connection : connections_) idle_.push_back(&connection);
    due_at_ = begun_;
    auto now = begun_;
    while (now < end ||
           (now < end + kGrace && (due_at_ < end || idle_.size() < connections_.size()))) {
      while (due_at_ <= now && due_at_ < end && !idle_.empty()) {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        Send(connection, TakeDue());
      }
      Receive();
      now = Clock::now();
    }
    while (due_at_ < end) latencies_us_.push_back(Microseconds(now - TakeDue()));
    for (const Connection& connection : connections_)
      if (!std::ranges::count(idle_, &connection))
        latencies_us_.push_back(Microseconds(now - connection.due));
  }

  /// When the next request is due; the one after it is drawn.
  Clock::time_point TakeDue() {
    const auto due = due_at_;
    const double uniform = (static_cast<double>(random_()) + 1) / 4294967296.0;
    due_at_ += ToDuration(-std::log(uniform) / pace_.per_second);
    ++due_;
    return due;
  }

  void Print() {
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"errors\": "
        "%zu",
        latencies_us_.size(), std::chrono::duration<double>(answered_at_ - begun_).count(),
        Percentile(0.5), Percentile(0.99), errors_);
    if (is_open()) {
      std::printf(", \"due\": %zu, \"refused\": %zu, \"in_time\": [", due_, refused_);
      for (size_t i = 0; i < in_time_.size(); ++i)
        std::printf(i == 0 ? "%zu" : ", %zu", in_time_[i]);
      std::printf("]");
    }
    std::printf("}\n");
  }

  void Open(Connection& connection) {
    connection.fd = Connect(port_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) Fail("load: epoll_ctl");
  }

  void Send(Connection& connection, Clock::time_point due) {
    connection.request = &requests_[next_++ % requests_.size()];
    connection.due = due;
    std::string_view left = connection.request->wire;
    while (!left.empty()) {
      const ssize_t n = send(connection.fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (n < 0) Fail("load: send");
      left.remove_prefix(static_cast<size_t>(n));
    }
  }

  void Receive() {
    epoll_event events[64];
    const int ready = epoll_wait(epoll_, events, std::size(events), wait_ms_);
    for (int i = 0; i < ready; ++i) Receive(*static_cast<Connection*>(events[i].data.ptr));
  }

  void Receive(Connection& connection) {
    const ssize_t n = recv(connection.fd, buffer_, sizeof(buffer_), 0);
    if (n <= 0) Fail("load: the server closed a connection");
    std::string& answer = connection.answer;
    answer.append(buffer_, static_cast<size_t>(n));
    size_t head = 0;
    const size_t size = AnswerSize(answer, head);
    if (size == 0 || answer.size() < size) return;
    answered_at_ = Clock::now();
    Count(connection, std::string_view(answer).substr(head));
    const bool last = IsLast(std::string_view(answer).substr(0, head));
    answer.clear();
    if (last) {
      close(connection.fd);
      Open(connection);
    }
    if (is_open())
      idle_.push_back(&connection);
    else
      Send(connection, Clock::now());
  }

  void Count(const Connection& connection, std::string_view body) {
    const bool ok = connection.answer.compare(9, 3, "200") == 0;
    if (is_open() && !ok) {
      ++refused_;
      return;
    }
    const float us = Microseconds(answered_at_ - connection.due);
    latencies_us_.push_back(us);
    std::string& expected = connection.request->body;
    if (expected.empty()) expected = body;
    errors_ += !ok || body != expected;
    for (size_t i = 0; i < in_time_.size(); ++i) in_time_[i] += us <= pace_.limits_us[i];
  }

  double Percentile(double share) {
    if (latencies_us_.empty()) return 0;
    const auto at = latencies_us_.begin() +
                    static_cast<ptrdiff_t>(static_cast<double>(latencies_us_.size() - 1) * share);
    std::nth_element(latencies_us_.begin(), at, latencies_us_.end());
    return *at;
  }

  const int wait_ms_;
  const Pace pace_;
  const uint16_t port_;
  std::vector<Request> requests_;
  std::vector<Connection> connections_;
  const int epoll_;
  size_t next_ = 0;
  size_t errors_ = 0;
  Clock::time_point begun_, answered_at_;  // the last one
  std::vector<float> latencies_us_;
  // Of an open loop.
  std::mt19937 random_{1};
  std::vector<Connection*> idle_;
  Clock::time_point due_at_;
  size_t due_ = 0, refused_ = 0;
  std::vector<size_t> in_time_ = std::vector<size_t>(pace_.limits_us.size());  // by limit
  char buffer_[1 << 16];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  std::vector<Request> requests;
  for (int i = 5; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    requests.push_back({{std::istreambuf_iterator<char>(file), {}}, {}});
    if (requests.back().wire.empty()) Fail(argv[i]);
  }
  const std::string_view mode = argv[1];
  Pace pace;
  if (const size_t colon = mode.find(':'); colon != mode.npos)
    pace = {Parse<double>(mode), ParseList(mode.substr(colon + 1))};
  Load load(mode != "sleep", std::move(pace), Parse<uint16_t>(argv[2]), Parse<size_t>(argv[4]),
            std::move(requests));
  load.Run(Parse<double>(argv[3]));
}
