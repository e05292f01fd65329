# Everything from outside, each found once. Static archives are preferred for what the server links,
# except where the distribution's security updates should reach it without a build (docs/adr/0004, 0050, 0064).
set(CMAKE_THREAD_PREFER_PTHREAD ON)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(Protobuf REQUIRED)

# slipway_static(<target> <archive> [<link libraries>…])
function(slipway_static target archive)
  find_library(SLIPWAY_LIB_${archive} NAMES lib${archive}.a ${archive} REQUIRED)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(${target} INTERFACE ${SLIPWAY_LIB_${archive}} ${ARGN})
endfunction()

# slipway_shared(<target> <library>): what is large, or reads what anybody may send (docs/adr/0064)
function(slipway_shared target library)
  find_library(SLIPWAY_SHARED_${library} ${library} REQUIRED)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_link_libraries(${target} INTERFACE ${SLIPWAY_SHARED_${library}})
endfunction()

slipway_static(dep::yaml yaml-cpp)
slipway_static(dep::protobuf_lite protobuf-lite Threads::Threads)
slipway_static(dep::bz2 bz2)
slipway_static(dep::lzma lzma Threads::Threads)
slipway_shared(dep::lz4 lz4)
slipway_shared(dep::nghttp2 nghttp2)
slipway_shared(dep::seccomp seccomp)
slipway_shared(dep::utf8proc utf8proc)
slipway_shared(dep::zlib z)
slipway_shared(dep::zstd zstd)

find_package(OpenSSL 3 REQUIRED)
add_library(dep::crypto ALIAS OpenSSL::Crypto)
add_library(dep::ssl ALIAS OpenSSL::SSL)

# Headers alone.
find_path(EIGEN_INCLUDE Eigen/Core PATH_SUFFIXES eigen3 REQUIRED)
add_library(dep::eigen INTERFACE IMPORTED GLOBAL)
target_include_directories(dep::eigen SYSTEM INTERFACE ${EIGEN_INCLUDE})

# Debian has these two as shared libraries only; both are small.
find_package(fmt REQUIRED)
add_library(dep::fmt ALIAS fmt::fmt)
find_library(PROMETHEUS_CORE prometheus-cpp-core REQUIRED)
add_library(dep::prometheus INTERFACE IMPORTED GLOBAL)
target_link_libraries(dep::prometheus INTERFACE ${PROMETHEUS_CORE})
# Debian's package files name Abseil's shared libraries, dozens of them; the archives lie beside them.
find_library(SLIPWAY_ABSL_STATUS NAMES libabsl_status.a REQUIRED)
get_filename_component(absl_folder ${SLIPWAY_ABSL_STATUS} DIRECTORY)
file(GLOB absl_archives ${absl_folder}/libabsl_*.a)
list(FILTER absl_archives EXCLUDE REGEX "flags|random|failure_signal")
add_library(dep::absl INTERFACE IMPORTED GLOBAL)
target_link_libraries(dep::absl INTERFACE
  -Wl,--start-group ${absl_archives} -Wl,--end-group Threads::Threads)

# spdlog from its headers: base/log.cc is the one file that includes it.
find_path(SPDLOG_INCLUDE spdlog/spdlog.h REQUIRED)
add_library(dep::spdlog INTERFACE IMPORTED GLOBAL)
target_compile_definitions(dep::spdlog INTERFACE SPDLOG_FMT_EXTERNAL)

if(SLIPWAY_WITH_ONNXRUNTIME)
  include(OnnxRuntime)
endif()
