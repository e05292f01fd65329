// Closed-loop load on one thread: every connection has one request in flight, answers are compared
// byte for byte, the outcome is one line of JSON.
//
//   load spin|sleep PORT SECONDS CONNECTIONS FILE…
//
// Each FILE is a whole HTTP request; they are sent in turn. All answers to one file must have the
// same body. A connection that the server ends is opened again. `spin`, for a core of its own,
// never sleeps: a sleeping client is woken by the server's send, and on a virtual machine that
// interrupt costs the server several microseconds, the more often the slower it is, so that two
// servers would be measured with different clients.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
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
  Clock::time_point sent_at;
  std::string answer;
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
  Load(bool spin, uint16_t port, size_t connections, std::vector<Request> requests)
      : wait_ms_(spin ? 0 : 100),
        port_(port),
        requests_(std::move(requests)),
        connections_(connections),
        epoll_(epoll_create1(0)) {
    for (Connection& connection : connections_) Open(connection);
  }

  void Run(double seconds) {
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::duration<double>(seconds);
    for (Connection& connection : connections_) Send(connection);
    while (Clock::now() < end) {
      epoll_event events[64];
      const int ready = epoll_wait(epoll_, events, std::size(events), wait_ms_);
      for (int i = 0; i < ready; ++i) Receive(*static_cast<Connection*>(events[i].data.ptr));
    }
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"errors\": "
        "%zu}\n",
        latencies_us_.size(), std::chrono::duration<double>(answered_at_ - begun).count(),
        Percentile(0.5), Percentile(0.99), errors_);
  }

 private:
  void Open(Connection& connection) {
    connection.fd = Connect(port_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) Fail("load: epoll_ctl");
  }

  void Send(Connection& connection) {
    connection.request = &requests_[next_++ % requests_.size()];
    connection.sent_at = Clock::now();
    std::string_view left = connection.request->wire;
    while (!left.empty()) {
      const ssize_t n = send(connection.fd, left.data(), left.size(), MSG_NOSIGNAL);
      if (n < 0) Fail("load: send");
      left.remove_prefix(static_cast<size_t>(n));
    }
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
    latencies_us_.push_back(
        std::chrono::duration<float, std::micro>(answered_at_ - connection.sent_at).count());
    const std::string_view body(answer.data() + head, answer.size() - head);
    std::string& expected = connection.request->body;
    if (expected.empty()) expected = body;
    errors_ += answer.compare(9, 3, "200") != 0 || body != expected;
    const bool last = IsLast(std::string_view(answer).substr(0, head));
    answer.clear();
    if (last) {
      close(connection.fd);
      Open(connection);
    }
    Send(connection);
  }

  double Percentile(double share) {
    if (latencies_us_.empty()) return 0;
    const auto at = latencies_us_.begin() +
                    static_cast<ptrdiff_t>(static_cast<double>(latencies_us_.size() - 1) * share);
    std::nth_element(latencies_us_.begin(), at, latencies_us_.end());
    return *at;
  }

  const int wait_ms_;
  const uint16_t port_;
  std::vector<Request> requests_;
  std::vector<Connection> connections_;
  const int epoll_;
  size_t next_ = 0;
  size_t errors_ = 0;
  Clock::time_point answered_at_;  // the last one
  std::vector<float> latencies_us_;
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
  const bool spin = std::string_view(argv[1]) == "spin";
  Load load(spin, Parse<uint16_t>(argv[2]), Parse<size_t>(argv[4]), std::move(requests));
  load.Run(Parse<double>(argv[3]));
}
