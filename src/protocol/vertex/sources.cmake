# What protocol/CMakeLists.txt takes from this folder.
set(VERTEX_SOURCES vertex/body_format.cc vertex/routes.cc)
set(VERTEX_TESTS vertex/body_format_test.cc)
