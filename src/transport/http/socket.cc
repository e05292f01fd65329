#include "transport/http/socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace slipway::http {

bool Socket::HasUnread() const {
  int bytes = 0;
  ::ioctl(fd(), FIONREAD, &bytes);
  return bytes > 0;
}

size_t Socket::Unsent() const {
  int bytes = 0;
  ::ioctl(fd(), SIOCOUTQ, &bytes);
  return static_cast<size_t>(bytes);
}

}  // namespace slipway::http
