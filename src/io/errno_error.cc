#include "io/errno_error.h"

#include <cerrno>
#include <system_error>

namespace slipway::io {
namespace {

Reason ReasonOfErrno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Reason::kNotFound;
    case ENOSPC:
    case EDQUOT:
      return Reason::kDiskFull;
    case EXDEV:
    case ELOOP:
    case ENAMETOOLONG:
      return Reason::kBadModel;
    default:
      return Reason::kIo;
  }
}

}  // namespace

Status ErrnoError(int error, std::string_view what, std::string_view verb) {
  if (error == EXDEV) {
    return Error(Reason::kBadModel, "\"{}\": cannot be {}: it leads out of its folder", what, verb);
  }
  return Error(ReasonOfErrno(error), "\"{}\": cannot be {}: {}", what, verb,
               std::generic_category().message(error));
}

}  // namespace slipway::io
