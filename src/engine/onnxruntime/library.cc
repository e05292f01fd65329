#include "engine/onnxruntime/library.h"

#include <dlfcn.h>

#include <filesystem>
#include <fstream>

namespace slipway::onnxruntime {
namespace {

constexpr const char* kName = "libonnxruntime.so.1";

// Not left to the program's run path: AddressSanitizer's dlopen does not honour it.
std::string PathBesideProgram() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const char* folder : {".", "../lib"}) {
    const auto path = program.parent_path() / folder / kName;
    if (std::filesystem::exists(path, error)) return path.lexically_normal();
  }
  return "";
}

StatusOr<Library> Open() {
  const std::string beside = PathBesideProgram();
  void* const library = dlopen(beside.empty() ? kName : beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error(Reason::kUnsupported,
                 "ONNX Runtime cannot be opened, neither beside the program, nor in the lib beside "
                 "its folder, nor where the system looks: {}",
                 dlerror());
  const auto base_of = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (base_of == nullptr)
    return Error(Reason::kUnsupported, "{} is not ONNX Runtime", beside.empty() ? kName : beside);
  const OrtApiBase& base = *base_of();
  Library opened{.api = base.GetApi(ORT_API_VERSION), .version = base.GetVersionString()};
  if (opened.api == nullptr)
    return Error(Reason::kInternal, "ONNX Runtime {} is too old: API version {} is needed",
                 opened.version, ORT_API_VERSION);
  return opened;
}

// The linker's version of all its symbols, "VERS_1.30.0", among the names at the file's beginning.
std::string VersionOfSymbols(const std::string& path) {
  std::string head(size_t{256} << 10, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  constexpr std::string_view kMark("VERS_");
  const size_t mark = head.find(kMark);
  return mark == head.npos ? "" : head.c_str() + mark + kMark.size();
}

std::string FindVersion() {
  const std::string beside = PathBesideProgram();
  if (std::string version = beside.empty() ? "" : VersionOfSymbols(beside); !version.empty())
    return version;
  return OpenLibrary().ok() ? OpenLibrary()->version : "";
}

}  // namespace

const StatusOr<Library>& OpenLibrary() {
  static const StatusOr<Library> opened = Open();
  return opened;
}

std::string LibraryVersion() {
  static const std::string version = FindVersion();
  return version;
}

}  // namespace slipway::onnxruntime
