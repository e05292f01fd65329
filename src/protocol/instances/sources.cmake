# What protocol/CMakeLists.txt takes from this folder.
set(INSTANCES_SOURCES instances/elements.cc instances/nested.cc instances/rows.cc)
set(INSTANCES_TESTS instances/nested_test.cc instances/rows_test.cc)
