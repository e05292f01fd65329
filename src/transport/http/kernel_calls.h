#pragma once
// Sending and receiving without the C library, whose calls are points of cancellation: in a program
// of several threads that costs two atomic operations each.

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace slipway::http {

/// As recv(2) and send(2) without flags but MSG_NOSIGNAL; errno tells what went wrong.
/// ThreadSanitizer learns from the C library's calls alone that bytes sent were received.
#ifdef __SANITIZE_THREAD__
inline ssize_t KernelReceive(int fd, char* room, size_t size) { return ::recv(fd, room, size, 0); }
inline ssize_t KernelSend(int fd, const char* bytes, size_t size) {
  return ::send(fd, bytes, size, MSG_NOSIGNAL);
}
#else
inline ssize_t KernelReceive(int fd, char* room, size_t size) {
  return ::syscall(SYS_recvfrom, fd, room, size, 0, nullptr, nullptr);
}
inline ssize_t KernelSend(int fd, const char* bytes, size_t size) {
  return ::syscall(SYS_sendto, fd, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}
#endif

}  // namespace slipway::http
