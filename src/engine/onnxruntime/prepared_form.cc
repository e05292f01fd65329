#include "engine/onnxruntime/prepared_form.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace slipway::onnxruntime {
namespace {

Status Failed(const char* what, int error) {
  return Error(Reason::kInternal, "a prepared model cannot be {}: {}", what, std::strerror(error));
}

Status SetAll(OrtSessionOptions& options,
              std::initializer_list<std::pair<const char*, const char*>> settings) {
  for (const auto& [key, value] : settings)
    RETURN_IF_ORT_ERROR(Api().AddSessionConfigEntry(&options, key, value));
  return OkStatus();
}

}  // namespace

// Unless told, ONNX Runtime guesses from the bytes which format they have.
Status TakeOnnx(OrtSessionOptions& options) {
  RETURN_IF_ORT_ERROR(Api().SetSessionGraphOptimizationLevel(&options, ORT_ENABLE_ALL));
  return SetAll(options, {{"session.load_model_format", "ONNX"}});
}

// "session.use_ort_model_bytes_for_initializers" would copy no weights. They lie on 4 bytes there,
// and runs of convolutions take 4 % longer.
Status TakePreparedForm(OrtSessionOptions& options) {
  RETURN_IF_ORT_ERROR(Api().SetSessionGraphOptimizationLevel(&options, ORT_DISABLE_ALL));
  return SetAll(options, {{"session.load_model_format", "ORT"},
                          {"session.use_ort_model_bytes_directly", "1"}});
}

StatusOr<PreparedFile> PreparedFile::Create(OrtSessionOptions& options) {
  PreparedFile file;
  file.fd_ = ::memfd_create("slipway-prepared", MFD_CLOEXEC);
  if (file.fd_ < 0) return Failed("kept in memory", errno);
  const std::string path = fmt::format("/proc/self/fd/{}", file.fd_);
  RETURN_IF_ORT_ERROR(Api().SetOptimizedModelFilePath(&options, path.c_str()));
  RETURN_IF_ERROR(SetAll(options, {{"session.save_model_format", "ORT"}}));
  // It warns that what it writes is for this machine.
  RETURN_IF_ORT_ERROR(Api().SetSessionLogSeverityLevel(&options, ORT_LOGGING_LEVEL_ERROR));
  return file;
}

PreparedFile::PreparedFile(PreparedFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

PreparedFile& PreparedFile::operator=(PreparedFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

PreparedFile::~PreparedFile() {
  if (fd_ >= 0) ::close(fd_);
}

StatusOr<Buffer> PreparedFile::Read() const {
  struct stat found;
  if (::fstat(fd_, &found) != 0) return Failed("examined", errno);
  if (found.st_size == 0) return MakeError(Reason::kInternal, "ONNX Runtime prepared nothing");
  std::byte* to = nullptr;
  Buffer form = Buffer::Allocate(static_cast<size_t>(found.st_size), &to);
  for (size_t done = 0; done < form.size();) {
    const ssize_t got = ::pread(fd_, to + done, form.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Failed("read", errno);
    done += static_cast<size_t>(got);
  }
  return form;
}

}  // namespace slipway::onnxruntime
