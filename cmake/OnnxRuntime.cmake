# dep::onnxruntime: a system-wide ONNX Runtime when CMake finds one, else what tools/setup put into
# third_party/onnxruntime (library of the npm package, headers of Debian's libonnxruntime-dev).
find_package(onnxruntime QUIET)
if(onnxruntime_FOUND)
  add_library(dep::onnxruntime INTERFACE IMPORTED GLOBAL)
  target_link_libraries(dep::onnxruntime INTERFACE onnxruntime::onnxruntime)
  message(STATUS "ONNX Runtime ${onnxruntime_VERSION}: system-wide")
else()
  set(ORT_ROOT ${CMAKE_SOURCE_DIR}/third_party/onnxruntime)
  if(NOT EXISTS ${ORT_ROOT}/lib/libonnxruntime.so.1)
    message(FATAL_ERROR "ONNX Runtime is missing: run tools/setup first (make build does it for you)")
  endif()
  add_library(dep::onnxruntime SHARED IMPORTED GLOBAL)
  set_target_properties(dep::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${ORT_ROOT}/lib/libonnxruntime.so.1
    INTERFACE_INCLUDE_DIRECTORIES ${ORT_ROOT}/include)
  file(CREATE_LINK ${ORT_ROOT}/lib/libonnxruntime.so.1 ${CMAKE_BINARY_DIR}/libonnxruntime.so.1 SYMBOLIC)
  install(PROGRAMS ${ORT_ROOT}/lib/libonnxruntime.so.1 DESTINATION lib)
  message(STATUS "ONNX Runtime: ${ORT_ROOT}")
endif()
