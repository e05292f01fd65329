# dep::onnxruntime: a system-wide ONNX Runtime when CMake finds one, else what tools/setup put into
# third_party/onnxruntime (library of the npm package, headers of Debian's libonnxruntime-dev).
# The program opens the library when a model needs it, and is built with dep::onnxruntime_headers.
find_package(onnxruntime QUIET)
add_library(dep::onnxruntime_headers INTERFACE IMPORTED GLOBAL)
if(onnxruntime_FOUND)
  add_library(dep::onnxruntime INTERFACE IMPORTED GLOBAL)
  target_link_libraries(dep::onnxruntime INTERFACE onnxruntime::onnxruntime)
  target_include_directories(dep::onnxruntime_headers INTERFACE
    $<TARGET_PROPERTY:onnxruntime::onnxruntime,INTERFACE_INCLUDE_DIRECTORIES>)
  get_target_property(ORT_LIBRARY onnxruntime::onnxruntime LOCATION)
  get_filename_component(ORT_SYSTEM_FOLDER ${ORT_LIBRARY} DIRECTORY)
  message(STATUS "ONNX Runtime ${onnxruntime_VERSION}: system-wide")
else()
  set(ORT_ROOT ${CMAKE_SOURCE_DIR}/third_party/onnxruntime)
  set(ORT_LIBRARY ${ORT_ROOT}/lib/libonnxruntime.so.1)
  if(NOT EXISTS ${ORT_LIBRARY})
    message(FATAL_ERROR "ONNX Runtime is missing: run tools/setup first (make build does it for you)")
  endif()
  add_library(dep::onnxruntime SHARED IMPORTED GLOBAL)
  set_target_properties(dep::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${ORT_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${ORT_ROOT}/include)
  target_include_directories(dep::onnxruntime_headers INTERFACE ${ORT_ROOT}/include)
  install(PROGRAMS ${ORT_LIBRARY} DESTINATION lib)
  message(STATUS "ONNX Runtime: ${ORT_ROOT}")
endif()

# Puts the library where programs of the current folder look for it.
function(slipway_onnxruntime_beside)
  file(CREATE_LINK ${ORT_LIBRARY} ${CMAKE_CURRENT_BINARY_DIR}/libonnxruntime.so.1 SYMBOLIC)
endfunction()
file(CREATE_LINK ${ORT_LIBRARY} ${CMAKE_BINARY_DIR}/libonnxruntime.so.1 SYMBOLIC)
