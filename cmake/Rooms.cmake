# A room is one folder under src/ and one static library. Its link list is its allowed dependency
# list; tools/layers.txt repeats it, and tools/check-layers compares both with the #include edges.
#
#   slipway_room(NAME infer
#     SOURCES request.cc
#     ROOMS tensor telemetry          # rooms this one may include; base is implied
#     LIBRARIES dep::seccomp          # outside libraries
#     TESTS request_test.cc           # joined into the one binary slipway_tests
#     COLD                            # runs at start or for a person: released small, not fast
#     HOT_SOURCES metrics.cc)         # those of SOURCES that are not: COLD_SOURCES of a room that is not cold
include(CMakeParseArguments)

# What most files include, compiled once for each way to optimise (docs/adr/0079): without it two thirds
# of a build are spent on these headers. g++ alone: clang's builds find a file that does not include what it uses.
set(SLIPWAY_COMMON_HEADERS
  <algorithm> <array> <charconv> <cmath> <cstdint> <cstring> <functional> <limits> <map> <memory> <numeric>
  <optional> <set> <span> <string> <string_view> <utility> <vector> <fmt/format.h>
  ${CMAKE_SOURCE_DIR}/src/base/status.h)

function(slipway_headers name)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")  # written once
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/${name}.cc)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE dep::absl dep::fmt dep::spdlog)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:${ARGV1}>)
  target_precompile_headers(${name} PRIVATE ${SLIPWAY_COMMON_HEADERS})
endfunction()
slipway_headers(hot_headers -O2)
slipway_headers(cold_headers -Os)

# Released fast (hot) or small (cold).
function(slipway_heat target heat)
  if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # a joined file looks like a header
  endif()
  if(heat STREQUAL "cold")
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
  if(TARGET ${heat}_headers)
    target_precompile_headers(${target} REUSE_FROM ${heat}_headers)
  endif()
endfunction()

function(slipway_room)
  cmake_parse_arguments(ROOM "COLD" "NAME" "SOURCES;HOT_SOURCES;COLD_SOURCES;ROOMS;LIBRARIES;TESTS;TEST_LIBRARIES" ${ARGN})
  set(target room_${ROOM_NAME})
  list(REMOVE_ITEM ROOM_SOURCES ${ROOM_HOT_SOURCES} ${ROOM_COLD_SOURCES})
  if(ROOM_SOURCES)
    add_library(${target} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  list(TRANSFORM ROOM_ROOMS PREPEND room_)
  if(NOT ROOM_NAME STREQUAL "base")
    list(PREPEND ROOM_ROOMS room_base)
  endif()
  target_link_libraries(${target} ${scope} ${ROOM_ROOMS} ${ROOM_LIBRARIES})
  if(ROOM_SOURCES AND ROOM_COLD)
    slipway_heat(${target} cold)
  elseif(ROOM_SOURCES)
    slipway_heat(${target} hot)
  endif()
  foreach(heat hot cold)
    string(TOUPPER ${heat}_SOURCES exceptions)
    if(ROOM_${exceptions})
      set(part ${target}_${heat})
      add_library(${part} OBJECT ${ROOM_${exceptions}})
      target_include_directories(${part} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
      target_link_libraries(${part} PRIVATE ${ROOM_ROOMS} ${ROOM_LIBRARIES})
      slipway_heat(${part} ${heat})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${part}>)
    endif()
  endforeach()
  if(ROOM_TESTS)
    slipway_tests_of(${ROOM_NAME} ${target} "${ROOM_TEST_LIBRARIES}" ${ROOM_TESTS})
  endif()
endfunction()

# GoogleTest's headers and the common ones, compiled once for the tests of all rooms.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cc CONTENT "")
add_library(test_headers OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/test_headers.cc)
target_include_directories(test_headers PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(test_headers PRIVATE dep::absl dep::fmt dep::spdlog GTest::gtest GTest::gmock)
target_precompile_headers(test_headers PRIVATE <gtest/gtest.h> <gmock/gmock.h> ${SLIPWAY_COMMON_HEADERS})

# Compiles test files once; `slipway_tests` links them all, `test_<name>` only these.
function(slipway_tests_of name target libraries)
  add_library(tests_of_${name} OBJECT EXCLUDE_FROM_ALL ${ARGN})
  target_link_libraries(tests_of_${name} PUBLIC ${target} ${libraries} GTest::gtest GTest::gmock)
  target_precompile_headers(tests_of_${name} REUSE_FROM test_headers)
  set_target_properties(tests_of_${name} PROPERTIES UNITY_BUILD OFF)
  add_executable(test_${name} EXCLUDE_FROM_ALL)
  target_link_libraries(test_${name} PRIVATE tests_of_${name} GTest::gtest_main)
  set_property(GLOBAL APPEND PROPERTY SLIPWAY_TEST_OBJECTS tests_of_${name})
endfunction()

# `slipway_tests`: the unit tests of all rooms. `tests`: whatever tools/run-tests runs.
function(slipway_finish_tests)
  get_property(objects GLOBAL PROPERTY SLIPWAY_TEST_OBJECTS)
  add_executable(slipway_tests EXCLUDE_FROM_ALL)
  target_link_libraries(slipway_tests PRIVATE ${objects} GTest::gtest_main)
  add_custom_target(tests DEPENDS slipway_tests fuzz_targets)
endfunction()
