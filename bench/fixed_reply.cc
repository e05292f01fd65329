// The least that a server can do: read a request of a known length, write a reply that never
// changes. The baseline of latency, and as a sink for large bodies the baseline of reading them.
//
//   fixed_reply PORT REQUEST_BYTES REPLY_FILE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

size_t ParseNumber(std::string_view text) {
  size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int Listen(size_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, SOMAXCONN) != 0) {
    std::perror("fixed_reply");
    std::exit(1);
  }
  return listener;
}

void Watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const size_t request_bytes = ParseNumber(argv[2]);
  std::ifstream file(argv[3], std::ios::binary);
  const std::string reply{std::istreambuf_iterator<char>(file), {}};

  const int listener = Listen(ParseNumber(argv[1]));
  const int epoll = epoll_create1(0);
  Watch(epoll, listener);
  // All connections read into one buffer: what a request says is of no interest, only that it came.
  std::vector<char> buffer(request_bytes);
  std::unordered_map<int, size_t> received;
  epoll_event events[64];
  for (;;) {
    const int ready = epoll_wait(epoll, events, std::size(events), -1);
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == listener) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        const int on = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        received[connection] = 0;
        Watch(epoll, connection);
        continue;
      }
      size_t& count = received[descriptor];
      const ssize_t bytes = read(descriptor, buffer.data() + count, request_bytes - count);
      if (bytes <= 0) {
        close(descriptor);
        continue;
      }
      count += static_cast<size_t>(bytes);
      if (count < request_bytes) continue;
      count = 0;
      if (write(descriptor, reply.data(), reply.size()) < 0) close(descriptor);
    }
  }
}
